import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { CliError } from '../errors.ts'
import { makeCertificate } from './certificates.ts'
import { keepLegalRecords } from './clerk.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { freePort, requirePort } from './ports.ts'
import { type Part, Processes } from './processes.ts'
import { recordedSites } from './recorded-sites.ts'
import { createScene, type Places, type Scene } from './scene.ts'
import { simulatedSites } from './simulated-sites.ts'
import { followStory } from './story.ts'
import { storyText } from './story-text.ts'

export interface DemoOptions {
  readonly port: number
  readonly recordings?: string
  readonly speed: number
  readonly sites: number
  readonly data?: string
  readonly json?: boolean
}

/** The scenarios begin so long after this moment, when every part is up. */
const CURTAIN_MS = 6_000

/**
 * The whole chain on this machine, every part a process of its own, until the signal. Returns the exit code: 0 stopped
 * as asked, 1 a part ended by itself.
 * @throws CliError `port-busy`, `recordings-missing`, `data-unusable` before anything is started
 */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const say = (text: string, fact: object) => console.log(options.json ? JSON.stringify(fact) : text)
  await requirePort(options.port)
  const startMs = Date.now() + (options.recordings ? 0 : CURTAIN_MS)
  const sites = options.recordings
    ? await recordedSites(resolve(options.recordings), options.sites, startMs)
    : simulatedSites(startMs)

  using data = openDataFolder(options.data)
  const dataDir = data.path
  const places = await findPlaces(dataDir, options.port)
  const scene = createScene(sites, places, startMs)
  const parts = writeScene(scene, dataDir)
  const base = `http://localhost:${options.port}`
  say(startingText(sites.length, data), { what: 'starting', sites: sites.length, dataDir, resumed: data.resumed })

  let failure: CliError | null = null
  const over = new AbortController()
  {
    await using processes = new Processes({
      logDir: join(dataDir, 'logs'),
      env: { ...process.env, MINEWARDEN_DEMO_SPEED: String(options.speed), MINEWARDEN_DEMO_ORIGIN: String(startMs) },
      onUnexpectedEnd(error) {
        failure ??= error
        over.abort()
      },
    })
    const ended = AbortSignal.any([signal, over.signal])
    try {
      for (const group of [...parts.servers.map((server) => [server]), parts.gateways]) {
        if (ended.aborted) break
        if (!options.json) process.stdout.write(`  ${groupName(group)} ...`)
        await Promise.all(group.map((part) => processes.start(part)))
        say(' up', { what: 'up', parts: group.map(({ name }) => name) })
      }
    } catch (error) {
      failure ??= error as CliError
      over.abort()
    }
    if (!ended.aborted) {
      welcome(base, scene, say)
      await Promise.all([
        followStory(base, ended, (line) => say(storyText(line), line)),
        keepLegalRecords(base, scene.clerks, ended).catch(() => {}),
      ])
    }
    say('\nStopping every part ...', { what: 'stopping' })
  }
  if (failure) {
    data.keep()
    console.error((failure as CliError).message)
    return 1
  }
  say('All parts have stopped.', { what: 'stopped' })
  return 0
}

const PART_NAMES = { feeders: 'feeder simulator', cloud: 'fleet manager', utility: 'power company', gateway: 'gateway' }

const groupName = (group: readonly Part[]): string =>
  `${group.length > 1 ? `${group.length} ` : ''}${PART_NAMES[group[0]?.role ?? 'gateway']}${group.length > 1 ? 's' : ''}`

const startingText = (sites: number, { path, resumed }: DataFolder): string =>
  [
    `Starting ${sites === 1 ? 'one site' : `${sites} sites`}, each with a gateway of its own.`,
    `Logs and data: ${path}${resumed ? ' (goes on from an earlier demo: its orders, and its feeders that were opened)' : ''}`,
  ].join('\n')

async function findPlaces(dataDir: string, httpPort: number): Promise<Places> {
  const [mqttPort, suppliersPort, utilityPort, feedersPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const certificate = await makeCertificate(join(dataDir, 'config'), 'demo')
  return { dataDir, httpPort, mqttPort, suppliersPort, utilityPort, feedersPort, certificate }
}

/** Writes every configuration file; servers come first, in the order in which they need each other. */
function writeScene(scene: Scene, dataDir: string): { servers: Part[]; gateways: Part[] } {
  const part = (role: Part['role'], name: string, config: object): Part => {
    const configPath = join(dataDir, 'config', `${name}.json`)
    writeFileSync(configPath, JSON.stringify(config, null, 1), { mode: 0o600 })
    return { role, name, configPath }
  }
  for (const { id, password } of scene.gateways)
    writeFileSync(join(dataDir, `${id}.password`), password, { mode: 0o600 })
  return {
    servers: [
      part('feeders', 'feeders', scene.feeders),
      part('cloud', 'cloud', scene.cloud),
      part('utility', 'utility', scene.utility),
    ],
    gateways: scene.gateways.map(({ id, config }) => part('gateway', id, config)),
  }
}

function welcome(base: string, scene: Scene, say: (text: string, fact: object) => void): void {
  say(`\n  The page: ${base}\n`, { what: 'page', url: base })
  say('  One-time sign-in links, each for a browser window of its own (one of them private):', { what: 'links' })
  for (const { who, token } of scene.links) {
    const url = `${base}/sign-in#${token}`
    say(`    ${who}: ${url}`, { what: 'sign-in', who, url })
  }
  say('\n  Ctrl-C ends everything.\n', { what: 'ready' })
}
