// Polls of an SDM630 (74 registers) a second and the CPU of each, through our driver's meter and line over TCP, beside a
// bare loop of modbus-serial with its own port, at the same server in the same run. Real meters answer far slower: what
// counts is the CPU.
import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { tcpOpener } from '@minewarden/hardware/line/tcp-line.ts'
import { LineExchange } from '@minewarden/hardware/modbus/line-exchange.ts'
import { Meter } from '@minewarden/hardware/modbus/meter.ts'
import { createReader } from '@minewarden/hardware/modbus/modbus-serial.ts'
import { ModbusOptions } from '@minewarden/hardware/modbus/options.ts'
import { createTcpFraming } from '@minewarden/hardware/modbus/tcp-frame.ts'
import { type BenchRow, costRow, rateRow } from './row.ts'

const MEASURED_MS = 3_000
const WARM_UP_MS = 1_000
const ROUNDS = 3

/** A server of a few lines in a process of its own, so that it costs us no CPU: all registers hold 230.0. */
const SERVER = `
  require('net').createServer((socket) => socket.on('data', (ask) => {
    const count = ask.readUInt16BE(10), pdu = 3 + 2 * count, answer = Buffer.alloc(6 + pdu)
    ask.copy(answer, 0, 0, 8); answer.writeUInt16BE(pdu, 4); answer[8] = 2 * count
    for (let i = 0; i < count; i += 2) answer.writeFloatBE(230, 9 + 2 * i)
    socket.write(answer)
  })).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`

interface Rate {
  readonly pollsPerS: number
  readonly cpuUs: number
}

async function measure(poll: () => Promise<void>): Promise<Rate> {
  const run = async (ms: number) => {
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
    let polls = 0
    for (; performance.now() - startedAt < ms; polls++) await poll()
    const { user, system } = process.cpuUsage(cpu)
    return { pollsPerS: (polls * 1000) / (performance.now() - startedAt), cpuUs: (user + system) / polls }
  }
  await run(WARM_UP_MS)
  return await run(MEASURED_MS)
}

const clock = {
  monotonic: () => performance.now(),
  sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal ? { signal } : {}),
}

async function measureOurs(port: number): Promise<Rate> {
  const over = new AbortController()
  const line = await tcpOpener({ host: '127.0.0.1', port }, { clock })(over.signal)
  const exchange = new LineExchange(line, { clock, framing: createTcpFraming(), gapMs: 0 })
  void exchange.listen()
  const read = createReader()
  const [options] = ModbusOptions.parse({
    kind: 'modbus',
    transport: { kind: 'tcp', host: '127.0.0.1' },
    meters: [{ id: 'm', unit: 1, profile: 'sdm630' }],
  }).meters
  const meter = new Meter(options!, { clock, answersAreNumbered: true })
  const rate = await measure(async () => {
    const poll = await meter.poll((block) => read(1, block, (request) => exchange.ask(request, 1000, over.signal)))
    if (poll.kind !== 'values') throw poll.fault
  })
  await line.close()
  return rate
}

async function measureBare(port: number): Promise<Rate> {
  const path = createRequire(new URL('../hardware/package.json', import.meta.url)).resolve('modbus-serial')
  const { default: ModbusRtu } = await import(path)
  const client = new ModbusRtu()
  await client.connectTCP('127.0.0.1', { port })
  client.setID(1)
  client.setTimeout(1000)
  const rate = await measure(async () => {
    await client.readInputRegisters(0, 74)
  })
  await new Promise((done) => client.close(done))
  return rate
}

export async function bench(): Promise<BenchRow[]> {
  const server: ChildProcess = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const port = await new Promise<number>((resolve) => server.stdout?.once('data', (data) => resolve(Number(data))))
    const [ours, bare]: Rate[][] = [[], []]
    for (let i = 0; i < ROUNDS; i++) {
      ours!.push(await measureOurs(port))
      bare!.push(await measureBare(port))
    }
    const most = (rates: readonly Rate[]) => Math.max(...rates.map((one) => one.pollsPerS))
    const least = (rates: readonly Rate[]) => Math.min(...rates.map((one) => one.cpuUs))
    return [
      rateRow('polls of 74 registers over TCP', most(ours!), most(bare!), '1/s'),
      costRow('CPU of a poll', least(ours!), least(bare!), 'us'),
    ]
  } finally {
    server.kill('SIGKILL')
  }
}
