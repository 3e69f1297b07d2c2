import { randomUUID } from 'node:crypto'
import { createPictures, MOST_AN_HOUR } from '@minewarden/cloud/core/pictures.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { openProbesFile } from '@minewarden/cloud/shell/probes-sqlite.ts'
import { GatewayId, SensorId, SiteId, UserId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, it } from 'vitest'

it('asks for no more pictures an hour though all of them be asked for before the first is on record', async () => {
  const onRecord = Promise.withResolvers<void>()
  const commands: string[] = []
  const pictures = createPictures({
    store: openProbesFile(':memory:'),
    audit: () => onRecord.promise,
    isOnline: () => true,
    givesPictures: () => true,
    command: (_gateway, _sensor, request) => commands.push(request),
    learnsScene: () => true,
    commandRelearning() {},
    newId: randomUUID,
    clock: { now: () => instant(1.7e12) },
    logger: silentLogger,
  })
  const wanted = () => ({
    site: SiteId.parse('a'),
    gateway: GatewayId.parse('gw-a'),
    sensor: SensorId.parse('probe-1'),
    by: UserId.parse('officer-1'),
    reason: 'why',
  })
  const asking = Array.from({ length: MOST_AN_HOUR.person + 5 }, () => pictures.ask(wanted()))
  onRecord.resolve()
  const outcomes = await Promise.allSettled(asking)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(MOST_AN_HOUR.person)
  expect(outcomes.at(-1)).toMatchObject({ reason: { code: 'too-many-attempts' } })
  expect(commands).toHaveLength(MOST_AN_HOUR.person)
  // What is under way no longer counts twice once it is on record.
  await expect(pictures.ask({ ...wanted(), by: UserId.parse('officer-2') })).resolves.toBeTypeOf('string')
})
