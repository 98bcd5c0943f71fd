raise E as e
