import type { Board } from '../board.ts'
import { NEUTRAL } from '../colours.ts'
import { lines, table } from '../panel.ts'
import { chosen, column, facts, inLanguage, overTime } from '../query.ts'
import { both } from '../text.ts'
import { NONE, OF_SITE, OF_TOWNSHIP, stateMarks } from './common.ts'

const NO_READING = both('此时段内没有读数', 'no reading in this span')
const OF_SENSOR = [...OF_SITE, chosen('sensor')]
const BANDS = [4, 9, 18, 30, 45, 100, 200]
const micro = (field: string, name: ReturnType<typeof both>) => column(`max("${field}") * 1000000`, name)

/** One event, closely: choose a span of minutes around it. */
export const EVENT: Board = {
  id: 'event',
  title: both('事件', 'Event'),
  question: both('这次震动是什么，邻点是否也有？', 'What was this shake, and did neighbours feel it?'),
  variables: ['county', 'township', 'site', 'sensor'],
  single: ['site'],
  back: '1h',
  page: '/sites/${site:percentencode}',
  marks: [stateMarks(OF_SITE)],
  panels: [
    lines({
      title: both('波形包络', 'Envelope'),
      what: both(
        '十秒窗的有效值与峰值；原始波形在平台页面。',
        'RMS and peak of ten-second windows; the waveform is on the product page.',
      ),
      ...{ unit: 'suffix: µm/s', noData: NO_READING, thresholds: NEUTRAL },
      queries: [
        overTime('vibration', [micro('rmsMPerS', both('有效值', 'RMS')), micro('peakMPerS', both('峰值', 'peak'))], {
          by: ['sensor', 'channel'],
          where: OF_SENSOR,
        }),
      ],
    }),
    lines({
      title: both('频段', 'Spectrum by bands'),
      what: both(
        '各频段的有效值：爆破偏低频，钻机成线。',
        'RMS by band of frequency: blasts are low, drills are lines.',
      ),
      ...{ unit: 'suffix: µm/s', noData: NO_READING, thresholds: NEUTRAL },
      queries: [
        overTime(
          'vibration',
          BANDS.map((hz) => micro(`rmsTo${hz}HzMPerS`, both(`至 ${hz} Hz`, `to ${hz} Hz`))),
          { where: OF_SENSOR },
        ),
      ],
    }),
    lines({
      title: both('机器谱线', 'Lines of machines'),
      what: both('稳定谱线的频率：风机、水泵、钻机的转速。', 'Frequencies of steady lines: fans, pumps, drills.'),
      ...{ unit: 'hertz', noData: NONE, thresholds: NEUTRAL },
      queries: [
        overTime('machineLine', [column('mean("hz")', both('频率', 'frequency'))], {
          by: ['sensor'],
          where: OF_SENSOR,
        }),
      ],
    }),
    lines({
      title: both('锤击与峭度', 'Percussion and kurtosis'),
      what: both('重复冲击的强度；峭度 3 为噪声。', 'Strength of repeated blows; kurtosis 3 is noise.'),
      ...{ unit: 'none', noData: NO_READING, thresholds: NEUTRAL },
      queries: [
        overTime(
          'vibration',
          [
            column('max("percussionDb")', both('锤击', 'percussion'), 'dB'),
            column('max("kurtosis")', both('峭度', 'kurtosis')),
          ],
          { where: OF_SENSOR },
        ),
      ],
    }),
    table({
      title: both('特征', 'Features'),
      what: both(
        '网关量得的事件特征，分类即依此。',
        'What the gateway measured of each event; the judgement rests on it.',
      ),
      ...{ unit: 'none', noData: NONE, thresholds: NEUTRAL },
      queries: [
        facts(
          'event',
          [
            ['sensor', both('传感器', 'sensor')],
            ['durationS', both('时长', 'duration'), 's'],
            ['peakVelocityMPerS', both('峰值速度', 'peak velocity'), 'suffix: m/s'],
            ['snrDb', both('信噪比', 'signal to noise'), 'dB'],
            ['dominantHz', both('主频', 'dominant'), 'hertz'],
            ['centroidHz', both('谱重心', 'centroid'), 'hertz'],
            ['riseS', both('上升', 'rise'), 's'],
            ['decayS', both('衰减', 'decay'), 's'],
            ['lowShare', both('低频占比', 'low share'), 'percentunit'],
            ['impulses', both('冲击数', 'impulses')],
            ['kurtosis', both('峭度', 'kurtosis')],
          ],
          { where: OF_SENSOR },
        ),
      ],
    }),
    table({
      title: both('声学事件', 'Events in the air'),
      what: both('气压传感器检出的事件。', 'What the sensors of air pressure found.'),
      ...{ unit: 'none', noData: NONE, thresholds: NEUTRAL },
      queries: [
        facts(
          'airEvent',
          [
            ['sensor', both('传感器', 'sensor')],
            ['durationS', both('时长', 'duration'), 's'],
            ['peakDbL', both('声压级', 'sound pressure'), 'dB'],
            ['dominantHz', both('主频', 'dominant'), 'hertz'],
          ],
          { where: OF_SITE },
        ),
      ],
    }),
    table({
      title: both('邻点的事件', "Neighbours' events"),
      what: both(
        '同县各矿点同时段的事件：各处都有的是地震。',
        'Events of all sites of the county: what all feel is an earthquake.',
      ),
      ...{ unit: 'none', noData: NONE, thresholds: NEUTRAL },
      queries: [
        inLanguage(
          facts(
            'judgedEvent',
            [
              ['site', both('矿点', 'site')],
              ['class', both('类别', 'class')],
              ['probability', both('概率', 'probability'), 'percentunit'],
              ['peakVelocityMmPerS', both('峰值速度', 'peak velocity'), 'suffix: mm/s'],
              ['attributed', both('多点共感', 'felt by several'), 'flags'],
              ['revised', both('已改判', 'revised'), 'flags'],
              ['late', both('迟到', 'late'), 'flags'],
              ['number', both('编号', 'number')],
              ['reasons', both('理由', 'reasons')],
            ],
            { where: OF_TOWNSHIP },
          ),
        ),
      ],
    }),
  ],
}
