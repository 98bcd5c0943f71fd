while (x) { y }
