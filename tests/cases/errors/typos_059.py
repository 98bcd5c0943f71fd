if x {
