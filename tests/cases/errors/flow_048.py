def async(): pass
