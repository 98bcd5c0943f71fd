f"{
x
