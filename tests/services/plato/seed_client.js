const planId = 'plan_123';
const ws = new WebSocket(`ws://localhost:8080/ws/plans/${planId}`);

ws.onopen = () => {
  console.log('Connected to plan execution stream');
  // Start keep-alive
  setInterval(() => ws.send(JSON.stringify({type: 'PING'})), 30000);
};

ws.onmessage = (event) => {
  const message = JSON.parse(event.data);
  
  switch (message.type) {
    case 'STEP_STARTED':
      console.log(`Step ${message.step} started`);
      break;
    case 'STEP_PROGRESS':
      updateProgressBar(message.step, message.progress);
      break;
    case 'STEP_COMPLETED':
      console.log(`Step ${message.step} completed:`, message.result);
      break;
    case 'PLAN_COMPLETED':
      console.log('Plan completed successfully');
      displayArtifacts(message.artifacts);
      break;
    case 'PLAN_FAILED':
      console.error('Plan failed:', message.error);
      break;
  }
};

ws.onerror = (error) => {
  console.error('WebSocket error:', error);
};

ws.onclose = () => {
  console.log('Connection closed');
};
