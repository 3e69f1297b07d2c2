import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from '@minewarden/cli/demo/certificates.ts'
import { keepLegalRecords } from '@minewarden/cli/demo/clerk.ts'
import { freePort } from '@minewarden/cli/demo/ports.ts'
import { createScene } from '@minewarden/cli/demo/scene.ts'
import { simulatedSites } from '@minewarden/cli/demo/simulated-sites.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startMosquitto } from '../support/mosquitto.ts'
import { Program } from '../support/program.ts'
import { requires } from '../support/requires.ts'

/** Every clock of the chain runs so fast: the two minutes to a reopening become half a minute. */
const SPEED = 4
const SITE = '450324-0002'
/** In milliseconds of the chain's clocks: time enough to kill somebody between the receipt and the execution. */
const POLICY = { acceptDelayMs: 4_000, executeDelayMs: 16_000 }

interface OrderDocument {
  readonly id: string
  readonly state: string
  readonly documentSha256: string
  readonly gates: readonly { readonly passed: boolean }[]
  readonly timeline: readonly { readonly what: string }[]
}

let resources: AsyncDisposableStack
beforeEach(() => {
  resources = new AsyncDisposableStack()
})
afterEach(() => resources.disposeAsync())

/** The demo's reopening site alone, every part a process, with a broker that is not ours. */
async function startScene() {
  const dataDir = mkdtempSync(join(tmpdir(), 'minewarden-e2e-broker-'))
  resources.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  const broker = resources.use(await startMosquitto())
  for (const folder of ['feeders', 'utility', 'cloud']) mkdirSync(join(dataDir, folder))
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const
  const [httpPort, suppliersPort, utilityPort, feedersPort] = ports
  const certificate = await makeCertificate(dataDir, 'tls')
  const startMs = Date.now() + 3_000
  const sites = simulatedSites(startMs).filter(({ id }) => id === SITE)
  const places = { dataDir, httpPort, suppliersPort, utilityPort, feedersPort, mqttPort: broker.port, certificate }
  const scene = createScene(sites, places, startMs)
  const env = { MINEWARDEN_DEMO_SPEED: String(SPEED), MINEWARDEN_DEMO_ORIGIN: String(startMs) }
  const part = (role: string, config: object): Program => {
    const file = join(dataDir, `${role}.json`)
    writeFileSync(file, JSON.stringify(config))
    const program = new Program({ args: ['cli/child.ts', role, file], logFile: join(dataDir, `${role}.log`), env })
    resources.use(program)
    program.start()
    return program
  }
  const [gateway] = scene.gateways
  writeFileSync(join(dataDir, `${gateway?.id}.password`), String(gateway?.password))
  part('feeders', scene.feeders)
  const cloud = part('cloud', { ...scene.cloud, mqtt: { url: broker.url } })
  const utility = part('utility', { ...scene.utility, policy: POLICY })
  part('gateway', gateway?.config ?? {})
  const positions = () => JSON.parse(readFileSync(join(dataDir, 'feeders', 'positions.json'), 'utf8'))
  return { base: `http://127.0.0.1:${httpPort}`, links: scene.links, clerks: scene.clerks, cloud, utility, positions }
}
type Scene = Awaited<ReturnType<typeof startScene>>

/** `null` while the fleet manager is away. */
async function theOrder({ base }: Scene): Promise<OrderDocument | null> {
  const answer = await fetch(`${base}/api/v1/orders`).catch(() => null)
  return answer?.ok ? (((await answer.json()) as OrderDocument[])[0] ?? null) : null
}

async function post({ base }: Scene, path: string, body: object, cookie = ''): Promise<Response> {
  const headers = { 'content-type': 'application/json', origin: base, cookie }
  return await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** Both officials sign in and approve. */
async function approveTwice(scene: Scene, { id, documentSha256 }: OrderDocument): Promise<void> {
  for (const { token } of scene.links) {
    const signedIn = await post(scene, '/api/v1/sign-in', { token })
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0]
    const approved = await post(scene, `/api/v1/orders/${id}/approve`, { documentSha256 }, cookie)
    expect(approved.status, await approved.text()).toBe(200)
  }
}

/** Fleet manager and power company end without a word, and come back. */
async function killBoth({ cloud, utility }: Scene): Promise<void> {
  await Promise.all([cloud.stop('SIGKILL'), utility.stop('SIGKILL')])
  utility.start()
  cloud.start()
}

describe.runIf(requires('mosquitto'))('the chain over a broker that is not ours', () => {
  it('cuts the power once and sees that it is cut, though both ends of the order are killed while it is on its way', async () => {
    const scene = await startScene()
    await eventually('an order is drafted', () => theOrder(scene), 120_000)
    const over = new AbortController()
    const clerk = keepLegalRecords(scene.base, scene.clerks, over.signal).catch(() => {})
    const lawful = async () => {
      const drafted = await theOrder(scene)
      return drafted?.gates.every(({ passed }) => passed) ? drafted : null
    }
    const order = await eventually('what the law asks is recorded', lawful, 60_000)
    over.abort()
    await clerk
    await approveTwice(scene, order)

    const reaches = (...states: string[]) =>
      eventually(states.join(' or '), async () => {
        const state = (await theOrder(scene))?.state ?? ''
        expect(['refused', 'closed', 'expired', 'cancelled', 'undeliverable']).not.toContain(state)
        return states.includes(state) && state
      }).catch((error) => {
        throw new Error(`${error.message}\n${scene.cloud.tail()}\n${scene.utility.tail()}`)
      })
    expect(await reaches('issued', 'delivered', 'received', 'accepted', 'executed')).not.toBe('executed')
    await killBoth(scene)
    expect(await reaches('accepted', 'executed')).not.toBe('executed')
    await killBoth(scene)
    await reaches('watched')

    const [feeder] = scene.positions().feeders
    expect(feeder.state).toMatchObject({ position: 'open', operations: 1 })
    expect(feeder.done).toHaveLength(1)
    const steps = (await theOrder(scene))?.timeline.map(({ what }) => what) ?? []
    for (const once of ['issued', 'received', 'accepted', 'point-executed', 'effect-verified'])
      expect(
        steps.filter((what) => what === once),
        steps.join(),
      ).toHaveLength(1)
  })
})
