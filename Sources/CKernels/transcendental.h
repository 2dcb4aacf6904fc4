// Transcendental functions of a vector, to about two units in the last place. The coefficients are those of the Cephes
// library (https://www.netlib.org/cephes/), and for erf Norbert Juffa's.

// e^x = 2^n e^r with |r| <= ln 2 / 2. 2^n is applied in two steps, so that results go denormal and overflow as they
// should.
CK_INLINE vf exponential(vf x) {
  const vf bounded = at_most(at_least(x, splat(-104.0f)), splat(89.0f));
  const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const vf shifted = bounded * 1.44269504088896341f + magic;
  const vf n = shifted - magic;
  vf r = n * -0.693359375f + bounded;
  r = n * 2.12194440e-4f + r;
  vf p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const vi power = (vi)shifted - 0x4B400000;
  const vi half = power >> 1;
  return p * (vf)((half + 127) << 23) * (vf)((power - half + 127) << 23);
}

// Of a positive, normal x.
CK_INLINE vf logarithm(vf x) {
  const vi bits = (vi)x - 0x3f3504f3;  // mantissa in [sqrt 1/2, sqrt 2)
  const vi power = bits >> 23;
  const vf m = (vf)((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
  const vf n = __builtin_convertvector(power, vf);
  const vf s = m * m;
  vf p = splat(7.0376836292e-2f);
  p = p * m + -1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m + -1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m + -1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m + -2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  p = p * m * s;
  p = n * -2.12194440e-4f + p;
  p = s * -0.5f + p;
  return n * 0.693359375f + (m + p);
}

// log(1 + x) of x in [0, 1]: what rounding took from 1 + x comes back as a correction.
CK_INLINE vf logarithm_of_one_plus(vf x) {
  const vf u = 1.0f + x;
  return logarithm(u) + (x - (u - 1.0f)) / u;
}

CK_INLINE vf hyperbolic_tangent(vf x) {
  const vf a = magnitude(x), s = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = p * s + 2.06390887954e-2f;
  p = p * s + -5.37397155531e-2f;
  p = p * s + 1.33314422036e-1f;
  p = p * s + -3.33332819422e-1f;
  const vf small = p * s * x + x;
  const vf large = with_sign_of(1.0f - 2.0f / (exponential(a + a) + 1.0f), x);
  return a < 0.625f ? small : (x == x ? large : x);
}

CK_INLINE vf logistic(vf x) { return 1.0f / (1.0f + exponential(-x)); }

// e^x - 1 of x <= 0.
CK_INLINE vf exponential_minus_one(vf x) {
  const vf t = hyperbolic_tangent(0.5f * x);
  return 2.0f * t / (1.0f - t);
}

// log(1 + e^x)
CK_INLINE vf soft_plus(vf x) { return at_least(x, splat(0)) + logarithm_of_one_plus(exponential(-magnitude(x))); }

CK_INLINE vf error_function(vf x) {
  const vf t = magnitude(x), s = x * x;
  vf p = splat(-5.96761703e-4f);
  p = p * s + 4.99119423e-3f;
  p = p * s + -2.67681349e-2f;
  p = p * s + 1.12819925e-1f;
  p = p * s + -3.76125336e-1f;
  p = p * s + 1.28379166e-1f;
  const vf small = p * x + x;
  vf q = t * -1.72853470e-5f + 3.83197126e-4f;
  const vf u = t * -3.88396438e-3f + 2.42546219e-2f;
  q = q * s + u;
  q = q * t + -1.06777877e-1f;
  q = q * t + -6.34846687e-1f;
  q = q * t + -1.28717512e-1f;
  q = q * t + -t;
  const vf large = with_sign_of(1.0f - exponential(q), x);
  return t <= 0.927734375f ? small : (t > 4.0f ? with_sign_of(splat(1), x) : (x == x ? large : x));
}
