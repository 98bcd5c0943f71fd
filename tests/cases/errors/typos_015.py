raisee E
