# A restricted Boltzmann machine in base R, trained as deepbelief trains it: CD-1, momentum, weight decay.
#
#     Rscript ports/rbm.R IMAGES [EPOCHS] [SEED] [LOOP_ROWS]
#
# IMAGES holds 784 bytes for each image and nothing else. Prints one line of JSON: seconds of each epoch, the error
# after the last one, seconds of the parts of a step, and the time of the same step written with loops.
#
# R has no single precision: every number is a double of 8 bytes. Compare with float64 elsewhere.

PIXELS <- 784
HIDDEN <- 500
BATCH <- 100
RATE <- 0.1
MOMENTUM <- 0.5
DECAY <- 2e-4

sigmoid <- function(x) 1 / (1 + exp(-x))

# R recycles a short vector down the columns; a bias for each column has to be spelled out.
forward <- function(model, v) sigmoid(v %*% model$W + rep(model$c, each = nrow(v)))

# tcrossprod(h, W) is h W' and crossprod(v, h) is v' h, without a transposed copy in memory.
reverse <- function(model, h) sigmoid(tcrossprod(h, model$W) + rep(model$b, each = nrow(h)))

uniform_numbers <- function(rows) matrix(runif(rows * HIDDEN), rows)

new_model <- function(images) {
  # The visible biases alone then draw the mean image, and the weights are left to learn the differences from it. The
  # clipping keeps pixels that are always 0 from starting at minus infinity.
  p <- pmin(pmax(colMeans(images), 0.001), 0.999)
  model <- list(W = matrix(rnorm(PIXELS * HIDDEN, sd = 0.01), PIXELS), b = log(p / (1 - p)), c = numeric(HIDDEN))
  model$velocity <- lapply(model, function(parameter) 0 * parameter)
  model
}

updated <- function(model, gradient) {
  # Weights only: a bias says how often a unit is on, and there is no reason to pull that towards one half.
  gradient$W <- gradient$W - DECAY * model$W
  for (name in c("W", "b", "c")) {
    model$velocity[[name]] <- MOMENTUM * model$velocity[[name]] + RATE * gradient[[name]]
    model[[name]] <- model[[name]] + model$velocity[[name]]
  }
  model
}

train_batch <- function(model, v0, u) {
  h0 <- forward(model, v0)
  # Only what the reverse pass starts from is sampled: that is the bottleneck that makes the units learn. Probabilities
  # everywhere else, for less noise (Hinton 2010, section 3).
  v1 <- reverse(model, (u < h0) + 0)
  h1 <- forward(model, v1)
  updated(model, list(
    W = (crossprod(v0, h0) - crossprod(v1, h1)) / nrow(v0),
    b = colMeans(v0 - v1),
    c = colMeans(h0 - h1)
  ))
}

train_epoch <- function(model, images) {
  order <- sample(nrow(images))
  for (start in seq(1, nrow(images), by = BATCH)) {
    rows <- order[start:min(start + BATCH - 1, nrow(images))]
    model <- train_batch(model, images[rows, ], uniform_numbers(length(rows)))
  }
  model
}

reconstruction_error <- function(model, images) mean((images - reverse(model, forward(model, images)))^2)

# --- How NOT to do it: the same step, one number at a time -----------------------------------------------------------

forward_by_loops <- function(model, v) {
  W <- model$W
  h <- matrix(0, nrow(v), HIDDEN)
  for (row in seq_len(nrow(v))) for (j in seq_len(HIDDEN)) {
    input <- model$c[j]
    for (i in seq_len(PIXELS)) input <- input + v[row, i] * W[i, j]
    h[row, j] <- 1 / (1 + exp(-input))
  }
  h
}

reverse_by_loops <- function(model, h) {
  W <- model$W
  v <- matrix(0, nrow(h), PIXELS)
  for (row in seq_len(nrow(h))) for (i in seq_len(PIXELS)) {
    input <- model$b[i]
    for (j in seq_len(HIDDEN)) input <- input + h[row, j] * W[i, j]
    v[row, i] <- 1 / (1 + exp(-input))
  }
  v
}

train_batch_by_loops_how_not_to_do_it <- function(model, v0, u) {
  n <- nrow(v0)
  h0 <- forward_by_loops(model, v0)
  hs <- matrix(0, n, HIDDEN)
  for (row in seq_len(n)) for (j in seq_len(HIDDEN)) hs[row, j] <- if (u[row, j] < h0[row, j]) 1 else 0
  v1 <- reverse_by_loops(model, hs)
  h1 <- forward_by_loops(model, v1)
  W <- model$W
  velocity <- model$velocity$W
  for (i in seq_len(PIXELS)) for (j in seq_len(HIDDEN)) {
    total <- 0
    for (row in seq_len(n)) total <- total + v0[row, i] * h0[row, j] - v1[row, i] * h1[row, j]
    velocity[i, j] <- MOMENTUM * velocity[i, j] + RATE * (total / n - DECAY * W[i, j])
    W[i, j] <- W[i, j] + velocity[i, j]
  }
  # The biases are a thousandth of the work; their loops would teach nothing new.
  model <- updated(model, list(W = 0, b = colMeans(v0 - v1), c = colMeans(h0 - h1)))
  model$W <- W
  model$velocity$W <- velocity
  model
}

# --- Measuring --------------------------------------------------------------------------------------------------------

now <- function() as.numeric(Sys.time()) # proc.time() counts whole milliseconds only

seconds_of <- function(work, repeats = 1) {
  begin <- now()
  for (i in seq_len(repeats)) work()
  (now() - begin) / repeats
}

# What the parts of one step take, each on its own. What is missing to the time of a step is called the rest: gathering
# rows, adding biases, comparing with the uniform numbers.
seconds_of_parts <- function(model, v, repeats = 30) {
  h <- forward(model, v)
  statistics <- crossprod(v, h)
  products <- function() {
    for (i in 1:2) v %*% model$W
    tcrossprod(h, model$W)
    for (i in 1:2) crossprod(v, h)
  }
  # By default R looks through both operands for NaN before it trusts the BLAS with them.
  unchecked <- function() {
    checking <- options(matprod = "blas")
    products()
    options(checking)
  }
  parts <- list(
    products = products,
    products_unchecked = unchecked,
    sigmoids = function() for (input in list(h, v, h)) sigmoid(input),
    random = function() uniform_numbers(nrow(v)),
    update = function() updated(model, list(W = (statistics - statistics) / nrow(v), b = model$b, c = model$c))
  )
  lapply(parts, seconds_of, repeats)
}

json <- function(value) {
  if (is.list(value)) {
    return(sprintf("{%s}", paste(sprintf('"%s": %s', names(value), vapply(value, json, "")), collapse = ", ")))
  }
  text <- if (is.character(value)) sprintf('"%s"', value) else sprintf("%.9g", value)
  if (length(text) == 1) text else sprintf("[%s]", paste(text, collapse = ", "))
}

main <- function(file, epochs = 3, seed = 0, loop_rows = 4) {
  set.seed(seed)
  bytes <- as.integer(readBin(file, "raw", n = file.size(file)))
  images <- matrix(bytes, ncol = PIXELS, byrow = TRUE) / 255
  model <- new_model(images)
  seconds <- numeric(epochs)
  for (epoch in seq_len(epochs)) seconds[epoch] <- seconds_of(function() model <<- train_epoch(model, images))

  some <- images[seq_len(loop_rows), , drop = FALSE]
  u <- uniform_numbers(loop_rows)
  begin <- now()
  slow_model <- train_batch_by_loops_how_not_to_do_it(model, some, u)
  loop_seconds <- now() - begin
  cat(json(list(
    language = "R",
    version = as.character(getRversion()),
    precision = "double",
    # The library that products come from; La_library() is LAPACK's and can be another one.
    blas = paste(tail(strsplit(extSoftVersion()[["BLAS"]], "/")[[1]], 2), collapse = "/"),
    lapack = basename(La_library()),
    threads = Sys.getenv("OPENBLAS_NUM_THREADS", "not set"),
    rows = nrow(images), batch = BATCH, hidden = HIDDEN,
    seconds = seconds,
    error = reconstruction_error(model, images),
    parts = seconds_of_parts(model, images[seq_len(BATCH), ]),
    loop_rows = loop_rows,
    loop_seconds_per_row = loop_seconds / loop_rows,
    loop_difference = max(abs(slow_model$W - train_batch(model, some, u)$W))
  )), "\n", sep = "")
}

arguments <- commandArgs(trailingOnly = TRUE)
do.call(main, c(list(arguments[1]), lapply(arguments[-1], as.numeric)))
