"use strict";
/* Plays games of the page: `node play.js game.js < cases.json`. A case has settings and either the
   weights and numbers of each step, or how many steps to take with its own. */
const game = require(require("path").resolve(process.argv[2]));
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
const arrays = (lists) => lists.map((list) => Float64Array.from(list));

const played = cases.map(({settings, preset, weights, draws, steps}) => {
  const state = game.newGame({...(preset ? game.PRESETS[preset] : {}), ...settings});
  if (weights) for (const net of ["G", "D"]) state[net].weights.set(weights[net]);
  const logs = [], looks = [];
  for (let i = 0; i < (steps || draws.length); i++) {
    logs.push(game.step(state, draws ? {
      real: arrays(draws[i].real), latents: arrays(draws[i].latents),
    } : null));
    if (steps && (i + 1) % (steps / 8) === 0) {
      const points = game.forward(state.G, game.drawLatents(state, 1000), 1000).at(-1);
      looks.push({
        ...game.modes(points, game.DENSITIES[state.density]),
        theta: state.G.weights.at(-1), psi: state.D.weights[0],
      });
    }
  }
  return {logs: logs.slice(-8), looks, G: [...state.G.weights], D: [...state.D.weights]};
});
console.log(JSON.stringify(played));
