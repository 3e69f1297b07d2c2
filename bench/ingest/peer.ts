/** The peer's consumer as a process: mqtt.js, subscribed at QoS 1, counting. `peer.ts PORT TOTAL` */
import mqtt from 'mqtt'

const [port = '', total = '0'] = process.argv.slice(2)
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 })
await new Promise<void>((resolve) => client.once('connect', () => resolve()))
let count = 0
client.on('message', () => {
  if (++count === Number(total)) process.send?.('all')
})
await client.subscribeAsync('spBv1.0/#', { qos: 1 })
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
