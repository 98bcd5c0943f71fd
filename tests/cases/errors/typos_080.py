x =< y
