import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStoredDecoder } from '@minewarden/cloud/core/born-layout.ts'
import type { HostTransport } from '@minewarden/cloud/core/host-transport.ts'
import { Ingest } from '@minewarden/cloud/core/ingest.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { AedesBroker, type BrokerAccount } from '@minewarden/cloud/shell/broker-aedes.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { GroupCommit } from '@minewarden/cloud/shell/group-commit.ts'
import { createEmbeddedTransport } from '@minewarden/cloud/shell/host-transport-embedded.ts'
import { openJournal } from '@minewarden/cloud/shell/journal.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { HostAction } from '@minewarden/protocol/sparkplug/host-session.ts'
import { FakeGateway } from './fake-gateway.ts'

export const GROUP = '450324'
export const HOST = 'county'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

export const passwordOf = (gateway: string): string => `password-of-${gateway}`

/** Accounts of gateways as the configuration would give them. */
export const accountsOf = (gateways: readonly string[]): Map<string, BrokerAccount> =>
  new Map(
    gateways.map((gateway) => [
      gateway,
      {
        identity: { kind: 'gateway', group: GROUP, gateway, host: HOST },
        passwordSha256: sha256(passwordOf(gateway)),
      },
    ]),
  )

export const fakeGateway = (id: string, epoch: string = randomUUID()): FakeGateway =>
  new FakeGateway({ id, group: GROUP, password: passwordOf(id), epoch })

/** Broker, ingest and journal in this process, on a free port and a folder of its own. */
export async function startIngestChain(gateways: readonly string[], transport?: HostTransport) {
  const dir = await mkdtemp(join(tmpdir(), 'minewarden-ingest-'))
  const broker = new AedesBroker(
    { host: '127.0.0.1', port: 0, tls: null, accounts: accountsOf(gateways) },
    { logger: silentLogger },
  )
  const embedded = createEmbeddedTransport(broker, { hostId: HOST, clock: systemClock })
  const used = transport ?? embedded
  const journal = openJournal(join(dir, 'journal.sqlite'), createStoredDecoder())
  const rows: JournalRow[] = []
  const presence: { gateway: string; action: HostAction }[] = []
  const ingest = new Ingest(
    {
      journal,
      send: (topic, payload) => used.publish(topic, payload),
      onRows: (committed) => void rows.push(...committed),
      onPresence: (gateway, action) => void presence.push({ gateway, action }),
      onBirth: () => {},
      consumerLagRows: () => 0,
      logger: silentLogger,
    },
    { gateways: gateways.map((id) => ({ id: id as GatewayId, group: GROUP })) },
  )
  const commit = new GroupCommit(ingest, systemClock)
  await used.start({
    onMessage: (topic, payload) => commit.receive(topic, payload),
    onOnline: () => ingest.hostReturned(systemClock.now()),
    onOffline() {},
  })
  return {
    dir,
    broker,
    journal,
    ingest,
    rows,
    presence,
    get port() {
      return embedded.port
    },
    async [Symbol.asyncDispose]() {
      await used.stop()
      commit[Symbol.dispose]()
      journal.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
