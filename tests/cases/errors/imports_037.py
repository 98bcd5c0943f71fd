from a import 1
