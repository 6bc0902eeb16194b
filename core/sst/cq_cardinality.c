#include "cq_statistics.h"

#include <math.h>

/* A HyperLogLog++ sketch (Heule, Nunkesser, Hall 2013) as the stream-lib 2.5.2 that Cassandra uses stores and reads it:
 *
 *     ff ff ff fe | p | sp | form | ...        form 1: count, then differences between codes; one code a key, about
 *                                              form 0: byte length, then registers of 5 bits, six to a 32-bit word
 *
 * p, sp, form, count and differences are LEB128: seven bits a byte, low ones first. */
enum {
	SKETCH_VERSION = -2,
	P = 13,                    /* Cassandra's precision, the only one whose bias is known here */
	M = 1 << P,
	A_WORD = 6,                /* registers in a word */
};

/* ---- what the algorithm takes from measurements ----
 *
 * Appendix to "HyperLogLog in Practice: Algorithmic Engineering of a State of The Art Cardinality Estimation Algorithm":
 * for p = 13, raw estimates and by how much they are too high; and below which number linear counting is better. */
static const double raw_estimate[] = {
	5908.5052, 6007.2672, 6107.347, 6208.5794, 6311.2622, 6414.5514, 6519.3376, 6625.6952, 6732.5988, 6841.3552,
	6950.5972, 7061.3082, 7173.5646, 7287.109, 7401.8216, 7516.4344, 7633.3802, 7751.2962, 7870.3784, 7990.292,
	8110.79, 8233.4574, 8356.6036, 8482.2712, 8607.7708, 8735.099, 8863.1858, 8993.4746, 9123.8496, 9255.6794,
	9388.5448, 9522.7516, 9657.3106, 9792.6094, 9930.5642, 10068.794, 10206.7256, 10347.81, 10490.3196,
	10632.0778, 10775.9916, 10920.4662, 11066.124, 11213.073, 11358.0362, 11508.1006, 11659.1716, 11808.7514,
	11959.4884, 12112.1314, 12265.037, 12420.3756, 12578.933, 12734.311, 12890.0006, 13047.2144, 13207.3096,
	13368.5144, 13528.024, 13689.847, 13852.7528, 14018.3168, 14180.5372, 14346.9668, 14513.5074, 14677.867,
	14846.2186, 15017.4186, 15184.9716, 15356.339, 15529.2972, 15697.3578, 15871.8686, 16042.187, 16216.4094,
	16389.4188, 16565.9126, 16742.3272, 16919.0042, 17094.7592, 17273.965, 17451.8342, 17634.4254, 17810.5984,
	17988.9242, 18171.051, 18354.7938, 18539.466, 18721.0408, 18904.9972, 19081.867, 19271.9118, 19451.8694,
	19637.9816, 19821.2922, 20013.1292, 20199.3858, 20387.8726, 20572.9514, 20770.7764, 20955.1714, 21144.751,
	21329.9952, 21520.709, 21712.7016, 21906.3868, 22096.2626, 22286.0524, 22475.051, 22665.5098, 22862.8492,
	23055.5294, 23249.6138, 23437.848, 23636.273, 23826.093, 24020.3296, 24213.3896, 24411.7392, 24602.9614,
	24805.7952, 24998.1552, 25193.9588, 25389.0166, 25585.8392, 25780.6976, 25981.2728, 26175.977, 26376.5252,
	26570.1964, 26773.387, 26962.9812, 27163.0586, 27368.164, 27565.0534, 27758.7428, 27961.1276, 28163.2324,
	28362.3816, 28565.7668, 28758.644, 28956.9768, 29163.4722, 29354.7026, 29561.1186, 29767.9948, 29959.9986,
	30164.0492, 30366.9818, 30562.5338, 30762.9928, 30976.1592, 31166.274, 31376.722, 31570.3734, 31770.809,
	31974.8934, 32179.5286, 32387.5442, 32582.3504, 32794.076, 32989.9528, 33191.842, 33392.4684, 33595.659,
	33801.8672, 34000.3414, 34200.0922, 34402.6792, 34610.0638, 34804.0084, 35011.13, 35218.669, 35418.6634,
	35619.0792, 35830.6534, 36028.4966, 36229.7902, 36438.6422, 36630.7764, 36833.3102, 37048.6728, 37247.3916,
	37453.5904, 37669.3614, 37854.5526, 38059.305, 38268.0936, 38470.2516, 38674.7064, 38876.167, 39068.3794,
	39281.9144, 39492.8566, 39684.8628, 39898.4108, 40093.1836, 40297.6858, 40489.7086, 40717.2424,
};

static const double bias[] = {
	5907.5052, 5802.2672, 5697.347, 5593.5794, 5491.2622, 5390.5514, 5290.3376, 5191.6952, 5093.5988, 4997.3552,
	4902.5972, 4808.3082, 4715.5646, 4624.109, 4533.8216, 4444.4344, 4356.3802, 4269.2962, 4183.3784, 4098.292,
	4014.79, 3932.4574, 3850.6036, 3771.2712, 3691.7708, 3615.099, 3538.1858, 3463.4746, 3388.8496, 3315.6794,
	3244.5448, 3173.7516, 3103.3106, 3033.6094, 2966.5642, 2900.794, 2833.7256, 2769.81, 2707.3196, 2644.0778,
	2583.9916, 2523.4662, 2464.124, 2406.073, 2347.0362, 2292.1006, 2238.1716, 2182.7514, 2128.4884, 2077.1314,
	2025.037, 1975.3756, 1928.933, 1879.311, 1831.0006, 1783.2144, 1738.3096, 1694.5144, 1649.024, 1606.847,
	1564.7528, 1525.3168, 1482.5372, 1443.9668, 1406.5074, 1365.867, 1329.2186, 1295.4186, 1257.9716, 1225.339,
	1193.2972, 1156.3578, 1125.8686, 1091.187, 1061.4094, 1029.4188, 1000.9126, 972.3272, 944.004199999999,
	915.7592, 889.965, 862.834200000001, 840.4254, 812.598399999999, 785.924200000001, 763.050999999999,
	741.793799999999, 721.466, 699.040799999999, 677.997200000002, 649.866999999998, 634.911800000002, 609.8694,
	591.981599999999, 570.2922, 557.129199999999, 538.3858, 521.872599999999, 502.951400000002, 495.776399999999,
	475.171399999999, 459.751, 439.995200000001, 426.708999999999, 413.7016, 402.3868, 387.262599999998,
	372.0524, 357.050999999999, 342.5098, 334.849200000001, 322.529399999999, 311.613799999999, 295.848000000002,
	289.273000000001, 274.093000000001, 263.329600000001, 251.389599999999, 245.7392, 231.9614, 229.7952,
	217.155200000001, 208.9588, 199.016599999999, 190.839199999999, 180.6976, 176.272799999999, 166.976999999999,
	162.5252, 151.196400000001, 149.386999999999, 133.981199999998, 130.0586, 130.164000000001, 122.053400000001,
	110.7428, 108.1276, 106.232400000001, 100.381600000001, 98.7668000000012, 86.6440000000002, 79.9768000000004,
	82.4722000000002, 68.7026000000005, 70.1186000000016, 71.9948000000004, 58.998599999999, 59.0492000000013,
	56.9818000000014, 47.5338000000011, 42.9928, 51.1591999999982, 37.2740000000013, 42.7220000000016,
	31.3734000000004, 26.8090000000011, 25.8934000000008, 26.5286000000015, 29.5442000000003, 19.3503999999994,
	26.0760000000009, 17.9527999999991, 14.8419999999969, 10.4683999999979, 8.65899999999965, 9.86720000000059,
	4.34139999999752, -0.907800000000861, -3.32080000000133, -0.936199999996461, -11.9916000000012,
	-8.87000000000262, -6.33099999999831, -11.3366000000024, -15.9207999999999, -9.34659999999712,
	-15.5034000000014, -19.2097999999969, -15.357799999998, -28.2235999999975, -30.6898000000001,
	-19.3271999999997, -25.6083999999973, -24.409599999999, -13.6385999999984, -33.4473999999973,
	-32.6949999999997, -28.9063999999998, -31.7483999999968, -32.2935999999972, -35.8329999999987,
	-47.620600000002, -39.0855999999985, -33.1434000000008, -46.1371999999974, -37.5892000000022,
	-46.8164000000033, -47.3142000000007, -60.2914000000019, -37.7575999999972,
};

static const double linear_threshold = 6500;

enum { N_BIAS = sizeof bias / sizeof bias[0], NEIGHBOURS = 6 };
_Static_assert(sizeof raw_estimate == sizeof bias, "one bias an estimate");

/* The mean bias of the six raw estimates that are nearest. */
static double bias_at(double estimate)
{
	double near[NEIGHBOURS], sum = 0;
	size_t which[NEIGHBOURS], n = 0;

	for (size_t i = 0; i < N_BIAS; i++) {
		double d = (estimate - raw_estimate[i]) * (estimate - raw_estimate[i]);
		size_t at = n;

		while (at > 0 && d < near[at - 1])
			at--;
		if (at > 0 && d == near[at - 1]) {     /* as far on the other side: stream-lib keeps the later one only */
			which[at - 1] = i;
			continue;
		}
		if (at == NEIGHBOURS)
			continue;
		if (n < NEIGHBOURS)
			n++;
		for (size_t j = n - 1; j > at; j--) {
			near[j] = near[j - 1];
			which[j] = which[j - 1];
		}
		near[at] = d;
		which[at] = i;
	}
	for (size_t i = 0; i < n; i++)
		sum += bias[which[i]];
	return sum / (double)n;
}

/* ---- the two forms ---- */

struct reader {
	const uint8_t *p, *end;
	bool bad;
};

static uint32_t varint(struct reader *r)
{
	uint32_t v = 0;

	for (unsigned shift = 0; r->p < r->end && shift < 35; shift += 7) {
		uint8_t b = *r->p++;

		v |= (uint32_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return v;
	}
	r->bad = true;
	return 0;
}

static int64_t nearest_integer(double v)
{
	v = floor(v + 0.5);
	return v >= 0x1p63 ? INT64_MAX : (int64_t)v;
}

/* Linear counting over 2^sp places, of which about one a key is taken. */
static int sparse(struct reader *r, cq_slice sketch, uint32_t sp, int64_t *keys, struct cq_error *err)
{
	uint64_t places = (uint64_t)1 << sp;
	uint32_t count = varint(r);

	if (r->bad || count >= places || count > (size_t)(r->end - r->p))
		return cq_fail(err, CQ_DAMAGED, (uint64_t)(r->p - sketch.p), "cardinality sketch: %u codes cannot fit in %zu bytes",
			count, (size_t)(r->end - r->p));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = (uint64_t)(r->p - sketch.p);

		varint(r);
		if (r->bad)
			return cq_fail(err, CQ_DAMAGED, at, "cardinality sketch: code %u of %u is cut short or too long", i, count);
	}
	*keys = nearest_integer((double)places * log((double)places / (double)(places - count)));
	return CQ_OK;
}

static int registers(struct reader *r, cq_slice sketch, int64_t *keys, struct cq_error *err)
{
	const uint8_t *words;
	uint32_t len = varint(r);
	double sum = 0, zeros = 0, estimate, corrected, linear;
	/* Scylla says p = 13 as well, but gives each register a byte. */
	bool bytes = len == M;

	if (r->bad || len > (size_t)(r->end - r->p) || (!bytes && len != (M / A_WORD + 1) * 4))
		return cq_fail(err, CQ_DAMAGED, (uint64_t)(r->p - sketch.p),
			"cardinality sketch: %d registers cannot be %u bytes, of which %zu are there", M, len, (size_t)(r->end - r->p));
	words = r->p;
	for (unsigned i = 0; i < M; i++) {
		unsigned v = bytes ? words[i] : cq_be32(words + i / A_WORD * 4) >> (5 * (i % A_WORD)) & 0x1f;

		sum += ldexp(1, -(int)v);
		zeros += v == 0;
	}
	estimate = 0.7213 / (1 + 1.079 / M) * M * M * (1 / sum);
	corrected = estimate <= 5.0 * M ? estimate - bias_at(estimate) : estimate;
	linear = zeros > 0 ? M * log(M / zeros) : corrected;
	*keys = nearest_integer(linear < linear_threshold ? linear : corrected);
	return CQ_OK;
}

int cq_cardinality(cq_slice sketch, int64_t *keys, struct cq_error *err)
{
	struct reader r = {0};
	uint32_t p, sp, form;

	if (sketch.len < 4 || (int32_t)cq_be32(sketch.p) != SKETCH_VERSION)
		return cq_fail(err, CQ_DAMAGED, 0, "cardinality sketch: %zu bytes that do not begin with the version %d", sketch.len,
			SKETCH_VERSION);
	r.p = sketch.p + 4;
	r.end = sketch.p + sketch.len;
	p = varint(&r);
	sp = varint(&r);
	form = varint(&r);
	if (r.bad)
		return cq_fail(err, CQ_DAMAGED, 4, "cardinality sketch: cut short in its header");
	if (p < 4 || sp > 32 || (sp && p > sp) || form > 1 || (form == 1 && sp == 0))
		return cq_fail(err, CQ_DAMAGED, 4, "cardinality sketch: precision %u and %u in form %u cannot be", p, sp, form);
	if (form == 1)
		return sparse(&r, sketch, sp, keys, err);
	if (p != P)
		return cq_fail(err, CQ_EUNSUPPORTED, 4, "cardinality sketch: registers of precision %u, not %d", p, P);
	return registers(&r, sketch, keys, err);
}
