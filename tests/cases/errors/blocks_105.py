with x as
