# The real MNIST: its size, its pixels' distribution, its classes.
"$RUNG" data info mnist
