import type { Board } from '../board.ts'
import { BY_STATE, NEUTRAL, worseFrom } from '../colours.ts'
import { figure, lines, stretches, table } from '../panel.ts'
import { column, facts, inLanguage, newest, overTime } from '../query.ts'
import { both } from '../text.ts'
import { NONE, NOT_WRITTEN, OF_SITE, stateMarks } from './common.ts'

const NO_READING = both('此时段内没有读数：见“传感器状态”的原因', 'no reading in this span: see why under the sensors')
const PHASES = { A: 'phaseA', B: 'phaseB', C: 'phaseC' } as const
const phases = (of: string) =>
  (['A', 'B', 'C'] as const).map((phase) =>
    column(`mean("${of}${phase}${of === 'voltage' ? 'V' : 'A'}")`, both(phase, phase)),
  )

/** A site, and why it is judged as it is. */
export const SITE: Board = {
  id: 'site',
  title: both('矿点', 'Site'),
  question: both('这个矿点是否在复采，凭什么？', 'Is this site being reopened, and how do we know?'),
  variables: ['county', 'township', 'site'],
  single: ['site'],
  back: '24h',
  page: '/sites/${site:percentencode}',
  marks: [stateMarks(OF_SITE)],
  panels: [
    figure({
      title: both('状态', 'State'),
      what: both('平台对矿点的判断。', 'What the detection makes of the site.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: BY_STATE, values: 'states', width: 4 },
      queries: [newest('site', [['level', both('状态', 'state')]], { where: OF_SITE })],
    }),
    figure({
      title: both('复采概率', 'Probability'),
      what: both('矿点已复采的概率。', 'That the site has been reopened.'),
      ...{ unit: 'percentunit', noData: NOT_WRITTEN, thresholds: worseFrom(0.5, 0.9), width: 4 },
      queries: [newest('site', [['probability', both('概率', 'probability')]], { where: OF_SITE })],
    }),
    table({
      title: both('许可与静默', 'Permits and silence'),
      what: both(
        '是否有合法作业许可；哪些传感器听不到、为什么。',
        'Lawful work that is permitted; sensors that are not heard, and why.',
      ),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL, width: 16, height: 4 },
      queries: [
        newest(
          'site',
          [
            ['name', both('名称', 'name')],
            ['permitted', both('有许可', 'permitted'), 'flags'],
            ['permit', both('许可事项', 'permit')],
            ['gateways', both('网关', 'gateways')],
            ['gatewaysOnline', both('在线网关', 'gateways online')],
            ['sensorsOnline', both('在线传感器', 'sensors online')],
            ['silence', both('静默原因', 'silence')],
          ],
          { where: OF_SITE },
        ),
      ],
    }),
    lines({
      title: both('概率随时间', 'Probability over time'),
      what: both('竖线为状态变化，悬停可读理由。', 'Marks are changes of state; their reasons show when pointed at.'),
      ...{ unit: 'percentunit', noData: NOT_WRITTEN, thresholds: worseFrom(0.5, 0.9), range: [0, 1] },
      queries: [overTime('site', [column('max("probability")', both('概率', 'probability'))], { where: OF_SITE })],
    }),
    stretches({
      title: both('状态与许可', 'States and permits'),
      what: both('各时段的状态；下一行为许可时段。', 'The state over time, and when work was permitted.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: BY_STATE, values: 'states', height: 8 },
      queries: [
        overTime(
          'site',
          [column('max("level")', both('状态', 'state')), column('max("permitted")', both('许可', 'permitted'))],
          { where: OF_SITE },
        ),
      ],
    }),
    lines({
      title: both('振动', 'Vibration'),
      what: both('各通道质点速度的有效值与峰值。', 'Ground velocity of each channel, RMS and peak.'),
      ...{ unit: 'suffix: µm/s', noData: NO_READING, thresholds: NEUTRAL },
      queries: [
        overTime(
          'vibration',
          [
            column('max("rmsMPerS") * 1000000', both('有效值', 'RMS')),
            column('max("peakMPerS") * 1000000', both('峰值', 'peak')),
          ],
          { by: ['channel'], where: OF_SITE },
        ),
      ],
    }),
    lines({
      title: both('气压', 'Air pressure'),
      what: both('次声有效值：与振动同时出现的是爆破。', 'Infrasound RMS: together with a shake it tells a blast.'),
      ...{ unit: 'suffix: Pa', noData: NO_READING, thresholds: NEUTRAL },
      queries: [overTime('air', [column('max("rmsPa")', both('有效值', 'RMS'))], { by: ['channel'], where: OF_SITE })],
    }),
    lines({
      title: both('有功功率', 'Active power'),
      what: both(
        '电表总有功，与识别出的用电设备合计。',
        'What the meter shows, and what recognised loads draw together.',
      ),
      ...{ unit: 'watt', noData: NO_READING, thresholds: NEUTRAL },
      queries: [
        overTime('power', [column('mean("activePowerW")', both('总有功', 'total'))], { where: OF_SITE }),
        overTime(
          'appliance',
          [
            column('mean("runningW")', both('已识别设备', 'recognised loads')),
            column('mean("baseW")', both('基础负荷', 'base load')),
          ],
          { where: OF_SITE },
        ),
      ],
      colours: { total: 'plain', 'recognised loads': 'warning', 'base load': 'over' },
    }),
    table({
      title: both('运行中的用电设备', 'Recognised appliances'),
      what: both('由用电阶跃识别的设备。', 'Appliances recognised from steps of power.'),
      ...{ unit: 'none', noData: NO_READING, thresholds: NEUTRAL, width: 12, height: 8 },
      queries: [
        newest(
          'appliance',
          [
            ['running', both('设备', 'running')],
            ['runningCount', both('台数', 'how many')],
            ['runningW', both('合计', 'together'), 'watt'],
          ],
          { by: ['sensor'], where: OF_SITE },
        ),
      ],
    }),
    lines({
      title: both('三相电流', 'Currents by phase'),
      what: both('黄绿红为 A、B、C 相。', 'Yellow, green, red: phases A, B, C.'),
      ...{ unit: 'amp', noData: NO_READING, thresholds: NEUTRAL, colours: PHASES },
      queries: [overTime('power', phases('current'), { where: OF_SITE })],
    }),
    lines({
      title: both('三相电压', 'Voltages by phase'),
      what: both('断电有效时三相归零；仍有电压须核查。', 'All fall to zero when a cut works.'),
      ...{ unit: 'volt', noData: NO_READING, thresholds: NEUTRAL, colours: PHASES },
      queries: [overTime('power', phases('voltage'), { where: OF_SITE })],
    }),
    table({
      title: both('传感器状态', 'Sensors'),
      what: both('各传感器最近一次状态及原因。', 'What was last said of each sensor, and why.'),
      ...{ unit: 'none', noData: NO_READING, thresholds: NEUTRAL, width: 12 },
      queries: [
        newest(
          'sensor',
          [
            ['state', both('状态', 'state')],
            ['reason', both('原因', 'reason')],
          ],
          { by: ['gateway', 'sensor'], where: OF_SITE },
        ),
      ],
    }),
    table({
      title: both('摄像探头', 'Camera probes'),
      what: both('探头状态与其原因。', 'The state of each probe, and its cause.'),
      ...{ unit: 'none', noData: NO_READING, thresholds: NEUTRAL, width: 12 },
      queries: [
        newest(
          'probe',
          [
            ['status', both('状态', 'status')],
            ['cause', both('原因', 'cause')],
            ['sinceMs', both('自', 'since'), 'dateTimeAsIso'],
            ['confidence', both('把握', 'confidence'), 'percentunit'],
          ],
          { by: ['sensor'], where: OF_SITE },
        ),
      ],
    }),
    table({
      title: both('事件', 'Events'),
      what: both('检出并分类的事件；“事件”看板可细看。', 'Events as judged; the event dashboard shows each closely.'),
      ...{ unit: 'none', noData: NONE, thresholds: NEUTRAL },
      queries: [
        inLanguage(
          facts(
            'judgedEvent',
            [
              ['sensor', both('传感器', 'sensor')],
              ['class', both('类别', 'class')],
              ['probability', both('概率', 'probability'), 'percentunit'],
              ['durationS', both('时长', 'duration'), 's'],
              ['peakVelocityMmPerS', both('峰值速度', 'peak velocity'), 'suffix: mm/s'],
              ['dominantFrequencyHz', both('主频', 'dominant frequency'), 'hertz'],
              ['reasons', both('理由', 'reasons')],
            ],
            { where: OF_SITE },
          ),
        ),
      ],
    }),
    table({
      title: both('断电之后', 'After a cut'),
      what: both('发电机、私自复电、借电、转供的证据。', 'Generators, self-reconnection, borrowed supply, re-supply.'),
      ...{ unit: 'none', noData: NONE, thresholds: NEUTRAL },
      queries: [
        inLanguage(
          facts(
            'afterCut',
            [
              ['fact', both('事实', 'fact')],
              ['probability', both('概率', 'probability'), 'percentunit'],
              ['sinceMs', both('自', 'since'), 'dateTimeAsIso'],
              ['afterCut', both('令后', 'after an order'), 'flags'],
              ['late', both('迟到', 'late'), 'flags'],
              ['reasons', both('理由', 'reasons')],
            ],
            { where: OF_SITE },
          ),
        ),
      ],
    }),
  ],
}
