imporrt a
