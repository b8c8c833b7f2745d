package jsonata

import "math"

// The power function of package math and that of JavaScript engines differ in the last digits of most
// results. This one follows the method of Sun's fdlibm, which those engines and Java use: log2(x) is computed
// as the sum of a coarse and a fine part, multiplied by y in the same way, and 2 is raised to that. A coarse
// part has the low 32 bits of its mantissa zero, so that products of two of them are exact.

// pow is JavaScript's power: unlike package math's, 1 to an infinite or undefined power is no number.
func pow(x, y float64) float64 {
	switch {
	case y == 0:
		return 1
	case math.IsNaN(x) || math.IsNaN(y) || math.Abs(x) == 1 && math.IsInf(y, 0):
		return math.NaN()
	case x == 0 || math.IsInf(x, 0) || math.IsInf(y, 0) || x < 0 && y != math.Trunc(y) || y == 1:
		return math.Pow(x, y)
	case y == 2:
		return x * x
	case y == -1:
		return 1 / x
	case y == 0.5:
		return math.Sqrt(x)
	case math.Abs(y) >= 1<<31:
		return math.Pow(x, y)
	}
	z := pow2(timesY(log2(math.Abs(x)), y))
	if x < 0 && math.Mod(y, 2) != 0 {
		return -z
	}
	return z
}

// double is a number as the sum of a coarse and a fine part.
type double struct{ coarse, fine float64 }

// coarse clears the low 32 bits of x.
func coarse(x float64) float64 { return math.Float64frombits(math.Float64bits(x) &^ (1<<32 - 1)) }

// highWord and withHighWord access the upper 32 bits of a float.
func highWord(x float64) int32 { return int32(math.Float64bits(x) >> 32) }

func withHighWord(x float64, high int32) float64 {
	return math.Float64frombits(math.Float64bits(x)&(1<<32-1) | uint64(uint32(high))<<32)
}

// The constants of log2: 2/(3 ln 2), the logarithms of 1 and 1.5, and the coefficients of the series.
const (
	logScale                 = 9.61796693925975554329e-01
	logScaleHigh             = 9.61796700954437255859e-01
	logScaleLow              = -7.02846165095275826516e-09
	log15High                = 5.84962487220764160156e-01
	log15Low                 = 1.35003920212974897128e-08
	seriesL1, seriesL2       = 5.99999999999994648725e-01, 4.28571428578550184252e-01
	seriesL3, seriesL4       = 3.33333329818377432918e-01, 2.72728123808534006489e-01
	seriesL5, seriesL6       = 2.30660745775561754067e-01, 2.06975017800338417784e-01
	mantissaBits, exponent1  = 20, 0x3ff
	mantissaMask, hiddenBit  = 1<<mantissaBits - 1, 1 << mantissaBits
	sqrt3Over2, sqrt3Mantiss = 0x3988E, 0xBB67A
)

// log2 computes the logarithm of a positive number by the series in s = (x-c)/(x+c), c being 1 or 1.5,
// whichever is near the mantissa.
func log2(x float64) double {
	n := int32(0)
	if x < 0x1p-1022 {
		x *= 0x1p53
		n = -53
	}
	high := highWord(x)
	n += high>>mantissaBits - exponent1
	mantissa := high & mantissaMask
	high = mantissa | exponent1<<mantissaBits
	center, logHigh, logLow, bit := 1.0, 0.0, 0.0, int32(0)
	switch {
	case mantissa <= sqrt3Over2:
	case mantissa < sqrt3Mantiss:
		center, logHigh, logLow, bit = 1.5, log15High, log15Low, 1
	default:
		n++
		high -= hiddenBit
	}
	x = withHighWord(x, high)

	u := x - center
	v := 1 / (x + center)
	s := u * v
	sHigh := coarse(s)
	sumHigh := withHighWord(0, (high>>1|0x20000000)+0x00080000+bit<<18)
	sumLow := x - (sumHigh - center)
	sLow := v * ((u - sHigh*sumHigh) - sHigh*sumLow)

	s2 := s * s
	r := s2 * s2 * (seriesL1 + s2*(seriesL2+s2*(seriesL3+s2*(seriesL4+s2*(seriesL5+s2*seriesL6)))))
	r += sLow * (sHigh + s)
	s2 = sHigh * sHigh
	tHigh := coarse(3 + s2 + r)
	tLow := r - ((tHigh - 3) - s2)

	u = sHigh * tHigh
	v = sLow*tHigh + tLow*s
	pHigh := coarse(u + v)
	pLow := v - (pHigh - u)
	zHigh := logScaleHigh * pHigh
	zLow := logScaleLow*pHigh + pLow*logScale + logLow
	t := float64(n)
	whole := coarse(((zHigh + zLow) + logHigh) + t)
	return double{whole, zLow - (((whole - t) - logHigh) - zHigh)}
}

// timesY multiplies a logarithm by y.
func timesY(l double, y float64) double {
	yHigh := coarse(y)
	return double{yHigh * l.coarse, (y-yHigh)*l.coarse + y*l.fine}
}

// The constants of pow2: ln 2 and the coefficients of the series.
const (
	ln2, ln2High, ln2Low = 6.93147180559945286227e-01, 6.93147182464599609375e-01, -1.90465429995776804525e-09
	powP1, powP2         = 1.66666666666666019037e-01, -2.77777777770155933842e-03
	powP3, powP4         = 6.61375632143793436117e-05, -1.65339022054652515390e-06
	powP5                = 4.13813679705723846039e-08
	overflowSlack        = 8.0085662595372944372e-17
)

// pow2 raises 2 to the power e.
func pow2(e double) float64 {
	z := e.fine + e.coarse
	switch {
	case z > 1024 || z == 1024 && e.fine+overflowSlack > z-e.coarse:
		return math.Inf(1)
	case z < -1075 || z == -1075 && e.fine <= z-e.coarse:
		return 0
	}
	n := 0
	if math.Abs(z) > 0.5 {
		whole := math.Floor(math.Abs(z) + 0.5)
		if z < 0 {
			whole = -whole
		}
		n = int(whole)
		e.coarse -= whole
	}
	t := coarse(e.fine + e.coarse)
	u := t * ln2High
	v := (e.fine-(t-e.coarse))*ln2 + t*ln2Low
	z = u + v
	w := v - (z - u)
	t = z * z
	t1 := z - t*(powP1+t*(powP2+t*(powP3+t*(powP4+t*powP5))))
	r := z * t1 / ((t1 - 2) - (w + z*w)) // fdlibm subtracts after the division; V8, the engine of Node, does not
	return math.Ldexp(1-(r-z), n)
}
