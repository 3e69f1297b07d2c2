/** The technician's check: every sensor, the clock, the disk, the uplink; each passes or fails with a hint. */
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDrivers } from '@minewarden/hardware/registry.ts'
import { believe, isoTime, type Stamp } from '@minewarden/protocol/time.ts'
import { stateTopic } from '@minewarden/protocol/topics.ts'
import { type Check, fail, messageOf, pass } from './check.ts'
import type { GatewayConfig } from './config.ts'
import { MIB } from './config.ts'
import type { DaemonAnswer } from './core/clock/daemon-answer.ts'
import { ClockDiscipline } from './core/clock/discipline.ts'
import type { Uplink } from './core/ports.ts'
import { checkSensor } from './sensor-check.ts'
import { believedQuality, systemClock } from './shell/system-clock.ts'
import { createTimeDaemon } from './shell/time-daemon.ts'
import { createMqttUplink } from './shell/uplink-mqtt.ts'
import { readWallOffset } from './shell/wall-clock.ts'

const UPLINK_PATIENCE_MS = 10_000
/** Less free than this, and the waveform ring will not keep what it promises. */
const MIN_FREE_BYTES = 512 * MIB

interface DoctorOutput {
  readonly json: boolean
  readonly write: (text: string) => void
}

/** Runs all checks and prints them. Exit code 0: all passed, 1: one failed. */
export async function runDoctor(config: GatewayConfig, output: DoctorOutput, signal: AbortSignal): Promise<number> {
  const groups = await Promise.all([
    checkSensors(config, signal),
    checkClock(config, signal),
    checkDisk(config),
    checkUplink(config),
  ])
  const checks = groups.flat()
  if (output.json) output.write(`${JSON.stringify({ passed: checks.every((c) => c.passed), checks })}\n`)
  else for (const check of checks) output.write(describe(check))
  return checks.every(({ passed }) => passed) ? 0 : 1
}

const describe = ({ name, passed, detail, hint }: Check): string =>
  `${passed ? 'pass' : 'FAIL'}  ${name}: ${detail}\n${hint === '' ? '' : `      ${hint}\n`}`

async function checkSensors(config: GatewayConfig, signal: AbortSignal): Promise<Check[]> {
  const clock = believe(systemClock, believedQuality())
  // What drivers remember belongs to the gateway: what a check took from a device was not measured.
  const dataDir = await mkdtemp(join(tmpdir(), 'minewarden-doctor-'))
  const deps = { clock, random: Math.random, dataDir, startAt: clock.now(), supply: null }
  const groups = config.drivers.map(async (driver) => {
    try {
      const opened = await openDrivers(driver, deps)
      return await Promise.all(opened.map((each) => checkSensor(each, signal)))
    } catch (error) {
      return [fail(`driver ${driver.kind}`, messageOf(error), 'Correct the driver in the configuration file.')]
    }
  })
  const checks = (await Promise.all(groups)).flat()
  await rm(dataDir, { recursive: true, force: true })
  return checks
}

async function checkClock({ clock }: GatewayConfig, signal: AbortSignal): Promise<Check[]> {
  const daemon = createTimeDaemon({
    source: clock.source === 'system' ? 'none' : clock.source,
    program: 'chronyc',
    address: clock.chronyAddress,
  })
  const answer = await daemon.ask(signal)
  const { offsetMs } = readWallOffset()
  const look = { atMs: performance.now(), wallOffsetMs: offsetMs, wallErrorMs: 0, answer }
  const discipline = new ClockDiscipline(look, { driftPpm: clock.driftPpm })
  discipline.observe(look)
  return [clockCheck(answer, discipline.stamp(look.atMs))]
}

const MEND = 'Install chrony, with a time server in reach or a GNSS receiver, and `makestep 1 3`.'

/** What the gateway would make of this clock. @param stamp of this moment */
export function clockCheck(answer: DaemonAnswer, { at, quality, errorMs }: Stamp): Check {
  const now = isoTime(at)
  if (answer.kind === 'synchronised') {
    const heardS = Math.round(answer.referenceAgeMs / 1000)
    const detail = `${now}, ${quality} by ${answer.source}, within ${errorMs?.toFixed(1)} ms, heard ${heardS} s ago`
    if (quality === 'ntp' || quality === 'gnss') return pass('clock', detail)
    const hint = `${answer.source} has lost its reference, or is still setting the clock: look at \`chronyc sources\`.`
    return fail('clock', detail, hint)
  }
  if (answer.kind === 'unsynchronised') {
    const hint = 'Wait a minute; then look whether its time servers are in reach: `chronyc sources`.'
    return fail('clock', `shows ${now}: ${answer.source} has not found the time yet`, hint)
  }
  if (quality === 'unsynchronised') return fail('clock', `shows ${now}: it was never set (${answer.reason})`, MEND)
  return { ...pass('clock', `shows ${now}; nobody vouches for it (${answer.reason})`), hint: MEND }
}

async function checkDisk(config: GatewayConfig): Promise<Check[]> {
  const probe = join(config.data, '.doctor')
  try {
    await mkdir(config.data, { recursive: true })
    const begun = performance.now()
    await writeFile(probe, new Uint8Array(4096), { flush: true })
    const tookMs = performance.now() - begun
    await rm(probe)
    const { bavail, bsize } = await statfs(config.data)
    const free = bavail * bsize
    const detail = `${config.data}: ${Math.floor(free / MIB)} MiB free, a synchronous write takes ${tookMs.toFixed(1)} ms`
    if (free >= MIN_FREE_BYTES) return [pass('disk', detail)]
    return [fail('disk', detail, `Free at least ${MIN_FREE_BYTES / MIB} MiB or put in a larger memory card.`)]
  } catch (error) {
    return [fail('disk', messageOf(error), 'The data folder must be writable by the gateway.')]
  }
}

/** Connects to each server as a session would, and looks whether the host is online there. Publishes nothing. */
async function checkUplink(config: GatewayConfig): Promise<Check[]> {
  const checks: Check[] = []
  for (const [server, url] of config.uplink.servers.entries()) {
    const uplink = createMqttUplink({
      ...config.uplink,
      // Brokers tie the client id to the account: a gateway that runs meanwhile loses its session for a moment.
      clientId: config.gateway,
      username: config.uplink.username ?? config.gateway,
    })
    checks.push(await checkServer(config, uplink, server, `uplink ${url}`))
  }
  return checks
}

async function checkServer(config: GatewayConfig, uplink: Uplink, server: number, name: string): Promise<Check> {
  const { promise: outcome, resolve } = Promise.withResolvers<Check>()
  const late = setTimeout(
    () => resolve(fail(name, 'no answer', 'Check network, address and firewall.')),
    UPLINK_PATIENCE_MS,
  )
  const hint = 'Check address, network, certificate and password file.'
  try {
    const connection = uplink.open(server, null, {
      connectSent() {},
      drained() {},
      message: (_topic, payload) => resolve(pass(name, `connected; host says ${new TextDecoder().decode(payload)}`)),
      lost: (reason) => resolve(fail(name, reason, hint)),
      connected() {
        if (config.primaryHost === null) return resolve(pass(name, 'connected'))
        connection.subscribe([{ topic: stateTopic(config.primaryHost), qos: 1 }]).catch((error: unknown) => {
          resolve(fail(name, messageOf(error), hint))
        })
        setTimeout(() => resolve(pass(name, 'connected; the host has not said whether it is online')), 1_500)
      },
    })
    const check = await outcome
    await connection.close()
    return check
  } catch (error) {
    return fail(name, messageOf(error), hint)
  } finally {
    clearTimeout(late)
  }
}
