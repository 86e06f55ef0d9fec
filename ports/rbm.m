% A restricted Boltzmann machine in GNU Octave, trained as deepbelief trains it: CD-1, momentum, weight decay.
%
%     octave-cli --no-history ports/rbm.m IMAGES [EPOCHS] [SEED] [LOOP_ROWS] [single|double]
%
% IMAGES holds 784 bytes for each image and nothing else. Prints one line of JSON: seconds of each epoch, the error
% after the last one, seconds of the parts of a step, and the time of the same step written with loops.
%
% The images decide on the precision: whatever is made from single precision stays single, also beside double constants.

1;  % a script file with functions in it must not begin with one

function s = settings ()
  s = struct ("pixels", 784, "hidden", 500, "batch", 100, "rate", 0.1, "momentum", 0.5, "decay", 2e-4);
end

function y = sigmoid (x)
  y = 1 ./ (1 + exp (-x));
end

function h = forward (model, v)
  h = sigmoid (v * model.W + model.c);
end

function v = reverse (model, h)
  v = sigmoid (h * model.W' + model.b);  % W' costs no copy here: the product is told to read W the other way round
end

function model = new_model (images)
  s = settings ();
  % The visible biases alone then draw the mean image, and the weights are left to learn the differences from it. The
  % clipping keeps pixels that are always 0 from starting at minus infinity.
  p = min (max (mean (images), 0.001), 0.999);
  model = struct ("W", 0.01 * randn (s.pixels, s.hidden, class (images)), "b", log (p ./ (1 - p)), ...
                  "c", zeros (1, s.hidden, class (images)));
  model.velocity = structfun (@(parameter) 0 * parameter, model, "UniformOutput", false);
end

function model = updated (model, gradient)
  s = settings ();
  % Weights only: a bias says how often a unit is on, and there is no reason to pull that towards one half.
  gradient.W = gradient.W - s.decay * model.W;
  for name = {"W", "b", "c"}
    key = name{1};
    model.velocity.(key) = s.momentum * model.velocity.(key) + s.rate * gradient.(key);
    model.(key) = model.(key) + model.velocity.(key);
  end
end

function model = train_batch (model, v0, u)
  h0 = forward (model, v0);
  % Only what the reverse pass starts from is sampled: that is the bottleneck that makes the units learn. Probabilities
  % everywhere else, for less noise (Hinton 2010, section 3). The cast turns logical into numbers of the same precision.
  v1 = reverse (model, cast (u < h0, class (h0)));
  h1 = forward (model, v1);
  gradient_W = (v0' * h0 - v1' * h1) / rows (v0);
  model = updated (model, struct ("W", gradient_W, "b", mean (v0 - v1, 1), "c", mean (h0 - h1, 1)));
end

function model = train_epoch (model, images)
  s = settings ();
  order = randperm (rows (images));
  for start = 1:s.batch:rows (images)
    v = images(order(start:min (start + s.batch - 1, rows (images))), :);
    model = train_batch (model, v, rand (rows (v), s.hidden, class (v)));
  end
end

function e = reconstruction_error (model, images)
  e = mean (((images - reverse (model, forward (model, images))) .^ 2)(:));
end

% --- How NOT to do it: the same step, one number at a time ----------------------------------------------------------

function h = forward_by_loops (model, v)
  W = model.W;
  h = zeros (rows (v), columns (W), class (v));
  for row = 1:rows (v)
    for j = 1:columns (W)
      input = model.c(j);
      for i = 1:rows (W)
        input = input + v(row, i) * W(i, j);
      end
      h(row, j) = 1 / (1 + exp (-input));
    end
  end
end

function v = reverse_by_loops (model, h)
  W = model.W;
  v = zeros (rows (h), rows (W), class (h));
  for row = 1:rows (h)
    for i = 1:rows (W)
      input = model.b(i);
      for j = 1:columns (W)
        input = input + h(row, j) * W(i, j);
      end
      v(row, i) = 1 / (1 + exp (-input));
    end
  end
end

function model = train_batch_by_loops_how_not_to_do_it (model, v0, u)
  s = settings ();
  n = rows (v0);
  h0 = forward_by_loops (model, v0);
  hs = zeros (size (h0), class (h0));
  for row = 1:n
    for j = 1:columns (h0)
      hs(row, j) = u(row, j) < h0(row, j);
    end
  end
  v1 = reverse_by_loops (model, hs);
  h1 = forward_by_loops (model, v1);
  W = model.W;
  velocity = model.velocity.W;
  for i = 1:rows (W)
    for j = 1:columns (W)
      total = 0;
      for row = 1:n
        total = total + v0(row, i) * h0(row, j) - v1(row, i) * h1(row, j);
      end
      velocity(i, j) = s.momentum * velocity(i, j) + s.rate * (total / n - s.decay * W(i, j));
      W(i, j) = W(i, j) + velocity(i, j);
    end
  end
  % The biases are a thousandth of the work; their loops would teach nothing new.
  model = updated (model, struct ("W", 0, "b", mean (v0 - v1, 1), "c", mean (h0 - h1, 1)));
  model.W = W;
  model.velocity.W = velocity;
end

% --- Measuring ------------------------------------------------------------------------------------------------------

function seconds = seconds_of (work, repeats)
  begin = tic;
  for i = 1:repeats
    work ();
  end
  seconds = toc (begin) / repeats;
end

function products (model, v, h)
  for i = 1:2
    up = v * model.W;
    gradient = v' * h;
  end
  down = h * model.W';
end

function sigmoids (h, v)
  for input = {h, v, h}
    y = sigmoid (input{1});
  end
end

% What the parts of one step take, each on its own. What is missing to the time of a step is called the rest: gathering
% rows, adding biases, comparing with the uniform numbers.
function parts = seconds_of_parts (model, v)
  h = forward (model, v);
  statistics = v' * h;
  update = @() updated (model, struct ("W", (statistics - statistics) / rows (v), "b", model.b, "c", model.c));
  parts = struct ("products", seconds_of (@() products (model, v, h), 30), ...
                  "sigmoids", seconds_of (@() sigmoids (h, v), 30), ...
                  "random", seconds_of (@() rand (size (h), class (h)), 30), ...
                  "update", seconds_of (update, 30));
end

function main (file, epochs = "3", seed = "0", loop_rows = "4", precision = "single")
  s = settings ();
  rand ("twister", str2double (seed));
  randn ("twister", str2double (seed));
  stream = fopen (file);
  images = cast (fread (stream, [s.pixels, Inf], "uint8=>uint8")', precision) / 255;
  fclose (stream);
  model = new_model (images);
  for epoch = 1:str2double (epochs)
    begin = tic;
    model = train_epoch (model, images);
    seconds(epoch) = toc (begin);
  end

  loop_rows = str2double (loop_rows);
  some = images(1:loop_rows, :);
  u = rand (loop_rows, s.hidden, precision);
  begin = tic;
  slow_model = train_batch_by_loops_how_not_to_do_it (model, some, u);
  loop_seconds = toc (begin);
  difference = max (abs (slow_model.W - train_batch (model, some, u).W)(:));
  threads = getenv ("OPENBLAS_NUM_THREADS");
  if (isempty (threads))
    threads = "not set";
  end
  disp (jsonencode (struct ("language", "Octave", "version", version (), "precision", precision, ...
    "blas", version ("-blas"), "threads", threads, "rows", rows (images), "batch", s.batch, "hidden", s.hidden, ...
    "seconds", seconds, "error", double (reconstruction_error (model, images)), ...
    "parts", seconds_of_parts (model, images(1:s.batch, :)), "loop_rows", loop_rows, ...
    "loop_seconds_per_row", loop_seconds / loop_rows, "loop_difference", double (difference))));
end

main (argv (){:});
