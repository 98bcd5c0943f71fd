if (x) { y }
