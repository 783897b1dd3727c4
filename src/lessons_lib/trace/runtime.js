// What the emitted functions call: products of one row, and the loop over time. No equation of a
// cell is written here.

// out = W x, for a matrix W of n rows and m columns.
function timesRows(out, x, xFrom, W, from, n, m) {
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let k = 0, at = from + j * m; k < m; k++) sum += x[xFrom + k] * W[at + k];
    out[j] = sum;
  }
}

// out = x W
function timesColumns(out, x, xFrom, W, from, n, m) {
  for (let j = 0; j < n; j++) {
    const factor = x[xFrom + j];
    for (let k = 0, at = from + j * m; k < m; k++) out[k] += factor * W[at + k];
  }
}

// out = a bᵀ
function outer(out, a, aFrom, n, b, bFrom, m) {
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < m; k++) out[j * m + k] = a[aFrom + j] * b[bFrom + k];
  }
}

// Add a cell's loop over time to its step.
//
// forward(sizes, params, x, state, masks): x holds an array for each step; masks(t) returns those
// of step t, if there are any. Returns {y, state, steps}, of which backward needs the steps.
// backward(sizes, params, x, steps, dy, dstate, masks) returns {grads, dx, dstate}.
function withTime(cell) {
  const none = () => ({});
  const renamed = (values, from, to) =>
    Object.fromEntries(cell.states.map((name) => [to + name, values[from + name]]));

  function forward(sizes, params, x, state, masks = none) {
    const steps = [];
    for (let t = 0; t < x.length; t++) {
      const step = cell.step(sizes, { ...params, ...masks(t), ...state, x: x[t] });
      steps.push(step);
      state = renamed(step, "new_", "");
    }
    return { y: steps.map((step) => step["new_" + cell.states[0]]), state, steps };
  }

  function backward(sizes, params, x, steps, dy, dstate, masks = none) {
    const grads = {};
    const dx = [];
    dstate = renamed(dstate, "", "d");
    for (let t = x.length - 1; t >= 0; t--) {
      const given = { ...params, ...masks(t), ...steps[t], ...dstate, x: x[t], dy: dy[t] };
      const step = cell.stepBackward(sizes, given);
      dstate = renamed(step, "dold_", "d");
      dx[t] = step.dx;
      for (const name of Object.keys(params)) {
        const part = step["grad_" + name];
        grads[name] ??= new Float64Array(part.length);
        for (let k = 0; k < part.length; k++) grads[name][k] += part[k];
      }
    }
    return { grads, dx, dstate: renamed(dstate, "d", "") };
  }

  return { ...cell, forward, backward };
}
