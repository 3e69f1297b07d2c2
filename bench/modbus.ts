// Polls of an SDM630 (74 registers) a second and the CPU of each, through our driver's meter and line over TCP, beside a
// bare loop of modbus-serial with its own port, at the same server in the same run. Real meters answer far slower: what
// counts is the CPU. Beside them a meter of DL/T 645 on a pseudo-terminal (needs gcc): four blocks a poll, at the pace that
// 19200 baud and the standard's pauses allow.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MeterAddress } from '@minewarden/hardware/dlt645/address.ts'
import { createDlt645Meter } from '@minewarden/hardware/dlt645/meter.ts'
import { serialOpener } from '@minewarden/hardware/line/serial-opener.ts'
import { tcpOpener } from '@minewarden/hardware/line/tcp-line.ts'
import { createAsk } from '@minewarden/hardware/meter-bus/asking.ts'
import { LearntDelay } from '@minewarden/hardware/meter-bus/learnt-delay.ts'
import { BusMaster } from '@minewarden/hardware/meter-bus/master.ts'
import { Noise } from '@minewarden/hardware/meter-bus/noise.ts'
import { LineExchange } from '@minewarden/hardware/modbus/line-exchange.ts'
import { Meter } from '@minewarden/hardware/modbus/meter.ts'
import { createReader } from '@minewarden/hardware/modbus/modbus-serial.ts'
import { ModbusOptions } from '@minewarden/hardware/modbus/options.ts'
import { frameRtu } from '@minewarden/hardware/modbus/rtu-frame.ts'
import { createTcpFraming } from '@minewarden/hardware/modbus/tcp-frame.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { DLT645_ADDRESSES } from './meters-site.ts'
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
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal ? { signal } : {}),
}

function meterOptions() {
  const transport = { kind: 'tcp', host: '127.0.0.1' }
  const meters = [{ id: 'm', unit: 1, profile: 'sdm630' }]
  return ModbusOptions.parse({ kind: 'modbus', transport, meters }).meters[0]!
}

async function measureOurs(port: number): Promise<Rate> {
  const over = new AbortController()
  const line = await tcpOpener({ host: '127.0.0.1', port }, { clock })(over.signal)
  const exchange = new LineExchange(line, { clock, framing: createTcpFraming(), gapMs: 0 })
  void exchange.listen()
  const read = createReader()
  const meter = new Meter(meterOptions(), { clock, answersAreNumbered: true })
  const rate = await measure(async () => {
    const poll = await meter.poll((block) => read(1, block, (request) => exchange.ask(request, 1000, over.signal)))
    if (poll.kind !== 'values') throw poll.fault
  })
  await line.close()
  return rate
}

const BLOCKS_A_POLL = 4
const BAUD = 19_200
/** Between two questions where nothing else paces them, so that all three wait as often. */
const PAUSE_MS = 20

/** With a meter of its own on a pseudo-terminal. */
async function onPty(kind: 'dlt645' | 'modbus', work: (link: string) => Promise<Rate>): Promise<Rate> {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-bench-'))
  const link = join(dir, 'bus')
  const meter = spawn(process.execPath, ['bench/meter-on-pty.ts', link, kind], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await new Promise((resolve) => meter.stdout.once('data', resolve))
    return await work(link)
  } finally {
    meter.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }
}

const openPort = (link: string) =>
  serialOpener({ places: { paths: [link] }, settings: { baudRate: BAUD } }, { clock }).open(
    new AbortController().signal,
  )

async function measureDlt645(link: string): Promise<Rate> {
  const line = await openPort(link)
  const master = new BusMaster({ line, clock, baudRate: BAUD })
  void master.run()
  const ask = createAsk({ master, clock, baudRate: BAUD, noise: new Noise(), delay: new LearntDelay() })
  const meter = createDlt645Meter({ address: MeterAddress.parse(DLT645_ADDRESSES[0]), blocks: true })
  const rate = await measure(async () => {
    const outcome = await meter.readPower(ask)
    if (outcome.kind === 'failed' || outcome.value.flaw) throw new Error(JSON.stringify(outcome))
  })
  await line.close()
  return rate
}

async function measureOursOnPty(link: string): Promise<Rate> {
  const over = new AbortController()
  const line = await openPort(link)
  const exchange = new LineExchange(line, { clock, framing: frameRtu, gapMs: 2 })
  void exchange.listen()
  const read = createReader()
  const meter = new Meter(meterOptions(), { clock, answersAreNumbered: false })
  const rate = await measure(async () => {
    const poll = await meter.poll((block) => read(1, block, (request) => exchange.ask(request, 1000, over.signal)))
    if (poll.kind !== 'values') throw poll.fault
    await clock.sleep(PAUSE_MS)
  })
  await line.close()
  return rate
}

async function measureBareOnPty(link: string): Promise<Rate> {
  const client = await bareClient()
  await client.connectRTUBuffered(link, { baudRate: BAUD })
  client.setID(1)
  client.setTimeout(1000)
  const rate = await measure(async () => {
    await client.readInputRegisters(0, 74)
    await clock.sleep(PAUSE_MS)
  })
  await new Promise((done) => client.close(done))
  return rate
}

async function bareClient() {
  const path = createRequire(new URL('../hardware/package.json', import.meta.url)).resolve('modbus-serial')
  const { default: ModbusRtu } = await import(path)
  return new ModbusRtu()
}

async function measureBare(port: number): Promise<Rate> {
  const client = await bareClient()
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
    // Before our reader: it keeps modbus-serial from loading its own ports.
    const bareOnPty = await onPty('modbus', measureBareOnPty)
    const [ours, bare]: Rate[][] = [[], []]
    for (let i = 0; i < ROUNDS; i++) {
      ours!.push(await measureOurs(port))
      bare!.push(await measureBare(port))
    }
    const oursOnPty = await onPty('modbus', measureOursOnPty)
    const dlt645 = await onPty('dlt645', measureDlt645)
    const most = (rates: readonly Rate[]) => Math.max(...rates.map((one) => one.pollsPerS))
    const least = (rates: readonly Rate[]) => Math.min(...rates.map((one) => one.cpuUs))
    return [
      rateRow('polls of 74 registers over TCP', most(ours!), most(bare!), '1/s'),
      costRow('CPU of a poll', least(ours!), least(bare!), 'us'),
      rateRow('polls of 4 blocks of DL/T 645 at 19200 baud on a PTY', dlt645.pollsPerS, null, '1/s'),
      costRow('CPU of one question, Modbus on a PTY, paced', oursOnPty.cpuUs, bareOnPty.cpuUs, 'us'),
      costRow('CPU of one question, DL/T 645 on a PTY, paced', dlt645.cpuUs / BLOCKS_A_POLL, bareOnPty.cpuUs, 'us'),
    ]
  } finally {
    server.kill('SIGKILL')
  }
}
