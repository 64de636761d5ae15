// The page around the seed's client: its two functions, and what a test has to know of timers and answers.
if (process.env.PLATO) {
  const Socket = globalThis.WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(url) {
      super(url.replace('localhost:8080', process.env.PLATO));
    }
  };
}

globalThis.updateProgressBar = (step, progress) => console.log(`Step ${step} at ${progress} %`);
globalThis.displayArtifacts = (artifacts) => {
  console.log(`Artifacts: ${JSON.stringify(artifacts, null, 2)}`);
  if (!process.env.STAY) process.exit(0);
};

if (process.env.KEEP_ALIVE) {
  // Thirty seconds pass in 30 ms, and each answer to a PING is told.
  const every = globalThis.setInterval;
  globalThis.setInterval = (call, ms) => {
    console.log(`Every ${ms} ms`);
    return every(call, ms / 1000);
  };
  const Socket = globalThis.WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(url) {
      super(url);
      this.addEventListener('message', (event) => {
        if (JSON.parse(event.data).type === 'PONG') console.log('PONG');
      });
    }
  };
}
