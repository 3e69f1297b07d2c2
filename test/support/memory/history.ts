import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { History, HistoryQuestion, HistorySeries } from '../../../cloud/core/ports.ts'

/** Readings in an array; answers as the real history does, without thinning. */
export function createMemoryHistory(): Pick<History, 'query'> & { add(gateway: GatewayId, reading: Reading): void } {
  const rows: { gateway: GatewayId; reading: Reading }[] = []
  return {
    add(gateway, reading) {
      rows.push({ gateway, reading })
    },
    async query(question) {
      const found = rows
        .filter((row) => row.gateway === question.gateway && matches(row.reading, question))
        .map((row) => row.reading)
        .sort((a, b) => a.measuredAt - b.measuredAt)
      const channels = [...new Set(found.map((reading) => reading.channel))].sort()
      return channels.flatMap((channel) =>
        question.fields.map((field) =>
          seriesOf(
            field,
            channel,
            found.filter((reading) => reading.channel === channel),
          ),
        ),
      )
    },
  }
}

const matches = (reading: Reading, question: HistoryQuestion): boolean =>
  reading.kind === question.kind &&
  reading.sensor === question.sensor &&
  reading.measuredAt >= question.from &&
  reading.measuredAt < question.to

const seriesOf = (field: string, channel: string | null, readings: readonly Reading[]): HistorySeries => ({
  field,
  channel,
  timesMs: readings.map((reading) => reading.measuredAt),
  values: readings.map((reading) => (reading.fields as Record<string, number | string | null>)[field] ?? null),
})
