import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ORDER_ENDS } from '@minewarden/cloud/core/ports.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { verifyChain } from '@minewarden/cloud/shell/records/audit-repository.ts'
import { openRecords } from '@minewarden/cloud/shell/records/database.ts'
import { createFeederServer } from '@minewarden/hardware/feeder/server.ts'
import { generatePrivateKey } from '@minewarden/protocol/jws.ts'
import type { ConfigInput } from '@minewarden/utility/config.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCertificate } from '../support/cut-off/certificate.ts'
import type { CountyChildConfig } from '../support/cut-off/children/county.ts'
import { ISSUER, makeFinding, pointInput, SUPPLIER, siteInput } from '../support/cut-off/fixtures.ts'
import { eventually } from '../support/eventually.ts'

/**
 * Both sides of the cut-off are killed (kill -9) at random moments while messages are lost between them. Whatever the
 * moment: each order is executed at most once, never at or after its time, and comes to exactly one end.
 * `MINEWARDEN_CRASH_ROUNDS` sets how many kills; the seed is not fixed, since the moment of a kill is not either.
 */
const ROUNDS = Number(process.env.MINEWARDEN_CRASH_ROUNDS ?? 24)

let resources: AsyncDisposableStack
let folder: string
beforeEach(async () => {
  resources = new AsyncDisposableStack()
  folder = await mkdtemp(join(tmpdir(), 'minewarden-crash-orders-'))
  resources.defer(() => rm(folder, { recursive: true, force: true }))
})
afterEach(() => resources.disposeAsync())

/** A port that is free now; children come back to it after each kill. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

const siteName = (i: number) => `site-${String(i).padStart(3, '0')}`

interface Times {
  readonly validityMs: number
  readonly answerGraceMs: number
  readonly executeDelayMs: number
}

async function makeWorld(orders: number, { executeDelayMs, ...times }: Times) {
  const tls = await makeCertificate()
  await writeFile(join(folder, 'tls.crt'), tls.cert)
  await writeFile(join(folder, 'tls.key'), tls.key)
  const names = Array.from({ length: orders }, (_, i) => siteName(i))
  const feeders = createFeederServer(
    { clock: systemClock },
    { feeders: names.map((name) => `feeder-of-${name}`), port: 0 },
  )
  resources.use(feeders)
  const feederPort = await feeders.start()
  const [countyPort, utilityPort] = [await freePort(), await freePort()]
  const utilityConfig: ConfigInput = {
    supplier: { id: SUPPLIER, name: '供电公司' },
    listen: { port: utilityPort },
    tls: { certFile: 'tls.crt', keyFile: 'tls.key' },
    signingKeyFile: 'signing.jwk',
    database: 'utility.sqlite',
    county: {
      issuer: ISSUER.id,
      jwksUrl: `https://127.0.0.1:${countyPort}/.well-known/jwks.json`,
      answersUrl: `https://127.0.0.1:${countyPort}/api/v1/suppliers/${SUPPLIER}/answers`,
      caFile: 'tls.crt',
    },
    feeders: {
      port: feederPort,
      points: names.map((name) => ({ supplyPoint: `sp-${name}`, feeder: `feeder-of-${name}` })),
    },
    policy: { acceptDelayMs: 50, executeDelayMs },
    operateMarginMs: 100,
    logLevel: 'silent',
  }
  const countyConfig: CountyChildConfig = {
    folder,
    port: countyPort,
    utilityUrl: `https://127.0.0.1:${utilityPort}`,
    feederPort,
    key: await generatePrivateKey(),
    ...times,
    loss: 0.2,
  }
  await writeFile(join(folder, 'utility.json'), JSON.stringify(utilityConfig))
  await writeFile(join(folder, 'county.json'), JSON.stringify(countyConfig))
  return { feeders, county: startable('county'), utility: startable('utility') }
}

/** A child that is started, killed without warning, and started again on the same files. */
function startable(role: 'county' | 'utility') {
  let child: ChildProcess | null = null
  const program = new URL(`../support/cut-off/children/${role}.ts`, import.meta.url).pathname
  const kill = async () => {
    const dying = child
    child = null
    if (!dying || dying.exitCode !== null || dying.signalCode !== null) return
    const gone = new Promise((done) => dying.once('exit', done))
    dying.kill('SIGKILL')
    await gone
  }
  const self = {
    kill,
    async start() {
      const born = fork(program, [join(folder, `${role}.json`)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
      child = born
      await new Promise<void>((ready, fail) => {
        born.once('message', () => ready())
        born.once('exit', (code) => fail(new Error(`${role} ended with ${code} before it was ready`)))
      })
    },
    [Symbol.asyncDispose]: kill,
  }
  return resources.use(self)
}

/** Written beside and renamed: the child never reads half a finding. */
async function reopen(i: number): Promise<void> {
  const name = siteName(i)
  const meter = { gateway: 'gw-1', sensor: `meter-of-feeder-of-${name}` }
  const site = siteInput({
    id: name,
    sensors: [{ gateway: meter.gateway, id: meter.sensor, kind: 'power-meter' }],
    supplyPoints: [pointInput({ id: `sp-${name}`, meter, surveyedOn: '2020-01-10' })],
  })
  const finding = makeFinding(systemClock.now(), { site: name })
  await writeFile(join(folder, 'new'), JSON.stringify({ site, finding }))
  await rename(join(folder, 'new'), join(folder, `finding-${name}.json`))
}

interface Row {
  site: string
  state: string
  record: string
}
function readOrders(): Row[] {
  const database = new DatabaseSync(join(folder, 'records.sqlite'), { readOnly: true })
  try {
    return database.prepare('SELECT site, state, record FROM orders ORDER BY site').all() as unknown as Row[]
  } finally {
    database.close()
  }
}

const pause = (maxMs: number) => new Promise((done) => setTimeout(done, Math.random() * maxMs))

type World = Awaited<ReturnType<typeof makeWorld>>

async function killAround(world: World, orders: number, rounds: number): Promise<void> {
  await Promise.all([world.county.start(), world.utility.start()])
  for (let round = 0; round < rounds; round++) {
    if (round < orders) await reopen(round)
    await pause(500)
    const victim = Math.random() < 0.5 ? world.county : world.utility
    await victim.kill()
    await victim.start()
  }
  const ends: readonly string[] = ORDER_ENDS
  await eventually(
    'an end of every order',
    () => {
      const rows = readOrders()
      return rows.length === orders && rows.every(({ state }) => state === 'watched' || ends.includes(state))
    },
    240_000,
  )
  await Promise.all([world.county.kill(), world.utility.kill()])
}

/** What is told as often as it happens: each legal step is a line of its own, and so is each call. */
const MAY_REPEAT = [
  ...['site-judged', 'not-delivered', 'answer-noted', 'permission-refused', 'point-permitted'],
  ...['legal-step', 'legal-waiver', 'called', 'call-ended'],
]

/** What must hold of every order, whatever was killed when. */
async function expectSound(world: World): Promise<void> {
  const moved = new Map(world.feeders.states().map((state) => [state.feeder, state]))
  for (const { site, record } of readOrders()) {
    const feeder = moved.get(`feeder-of-${site}`)
    expect(feeder?.operations).toBeLessThanOrEqual(1)
    if (feeder?.operations === 1) expect(feeder.changedAt).toBeLessThan(JSON.parse(record).validUntil)
    if (JSON.parse(record).effect?.verdict === 'verified') expect([site, feeder?.operations]).toEqual([site, 1])
  }
  const utility = new DatabaseSync(join(folder, 'utility.sqlite'), { readOnly: true })
  const twice = utility.prepare('SELECT order_id FROM answers GROUP BY order_id HAVING count(*) > 2').all()
  utility.close()
  // Beside the receipt: accepted or refused, then executed or failed of the one point.
  expect(twice).toEqual([])
  const records = await openRecords(join(folder, 'records.sqlite'))
  expect(await verifyChain(records)).toMatchObject({ intact: true })
  const doubled = await records
    .selectFrom('order_events')
    .select(['order_id', 'what'])
    .where('what', 'not in', MAY_REPEAT)
    .groupBy(['order_id', 'what'])
    .having((having) => having.fn.countAll(), '>', 1)
    .execute()
  await records.destroy()
  expect(doubled).toEqual([])
}

test('with time enough every order is executed exactly once and verified', { timeout: 400_000 }, async () => {
  const world = await makeWorld(ROUNDS, { validityMs: 600_000, answerGraceMs: 60_000, executeDelayMs: 50 })
  await killAround(world, ROUNDS, ROUNDS)
  expect(readOrders().map(({ state }) => state)).toEqual(Array(ROUNDS).fill('watched'))
  expect(world.feeders.states().map(({ operations }) => operations)).toEqual(Array(ROUNDS).fill(1))
  await expectSound(world)
})

test('with hardly any time no order is executed at or after its end', { timeout: 180_000 }, async () => {
  const rounds = Math.ceil(ROUNDS / 3)
  const world = await makeWorld(rounds, { validityMs: 1_500, answerGraceMs: 3_000, executeDelayMs: 600 })
  await killAround(world, rounds, rounds)
  await expectSound(world)
})
