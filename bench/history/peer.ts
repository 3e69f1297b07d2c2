/**
 * The peer's way into InfluxDB as a process, as it is commonly built: mqtt.js at QoS 1, JSON, a threshold, batches of lines.
 * `peer.ts PORT TOTAL INFLUX`. A message is acknowledged to the broker when it has arrived, not when it is written.
 */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import mqtt from 'mqtt'

const BATCH = 5_000
const LINGER_MS = 250

const [port = '', total = '0', influx = ''] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const url = new URL('/write?db=bench&rp=raw&precision=ms', influx)
const lines: string[] = []
let written = 0
let isWriting = false
let alarms = 0

async function post(body: string): Promise<void> {
  const sent = request(url, { method: 'POST', agent, headers: { 'content-length': Buffer.byteLength(body) } })
  sent.end(body)
  const [answer] = await once(sent, 'response')
  answer.resume()
  await once(answer, 'end')
  if (answer.statusCode !== 204) throw new Error(`InfluxDB: ${answer.statusCode}`)
}

async function flush(): Promise<void> {
  if (isWriting) return
  isWriting = true
  while (lines.length > 0) {
    const batch = lines.splice(0, BATCH)
    await post(batch.join('\n'))
    written += batch.length
    if (written === Number(total)) process.send?.(alarms)
  }
  isWriting = false
}

const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 })
await new Promise<void>((resolve) => client.once('connect', () => resolve()))
client.on('message', (_topic, payload) => {
  const { gateway, sensor, at, values } = JSON.parse(payload.toString())
  if (values.activePowerW > 1e6) alarms++
  let fields = ''
  for (const name in values) fields += `${fields === '' ? '' : ','}${name}=${Number(values[name])}`
  lines.push(`power,gateway=${gateway},sensor=${sensor} ${fields} ${at}`)
  if (lines.length >= BATCH) void flush()
})
setInterval(() => {
  void flush()
}, LINGER_MS)
await client.subscribeAsync('spBv1.0/#', { qos: 1 })
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
