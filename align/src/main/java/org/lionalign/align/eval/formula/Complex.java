package org.lionalign.align.eval.formula;

/** A complex number in double precision, principal branches throughout. */
record Complex(double re, double im) {
    static final Complex I = new Complex(0, 1);
    static final Complex NAN = new Complex(Double.NaN, Double.NaN);

    static Complex of(double re) {
        return new Complex(re, 0);
    }

    Complex plus(Complex o) {
        return new Complex(re + o.re, im + o.im);
    }

    Complex minus(Complex o) {
        return new Complex(re - o.re, im - o.im);
    }

    Complex times(Complex o) {
        return im == 0 && o.im == 0 ? of(re * o.re) : new Complex(re * o.re - im * o.im, re * o.im + im * o.re);
    }

    Complex over(Complex o) {
        double d = o.re * o.re + o.im * o.im;
        return im == 0 && o.im == 0
                ? of(re / o.re)
                : new Complex((re * o.re + im * o.im) / d, (im * o.re - re * o.im) / d);
    }

    double abs() {
        return Math.hypot(re, im);
    }

    Complex log() {
        return new Complex(Math.log(abs()), Math.atan2(im, re));
    }

    Complex exp() {
        double e = Math.exp(re);
        return im == 0 ? of(e) : new Complex(e * Math.cos(im), e * Math.sin(im));
    }

    Complex pow(Complex o) {
        if (o.im == 0 && o.re == Math.rint(o.re) && Math.abs(o.re) <= 1024) {
            Complex result = of(1);
            for (int i = 0; i < Math.abs((int) o.re); i++) {
                result = result.times(this);
            }
            return o.re < 0 ? of(1).over(result) : result;
        }
        if (im == 0 && o.im == 0 && re >= 0) {
            return of(Math.pow(re, o.re));
        }
        return abs() == 0 ? of(0) : log().times(o).exp();
    }

    Complex sqrt() {
        return pow(of(0.5));
    }

    Complex sin() {
        return im == 0 ? of(Math.sin(re)) : new Complex(Math.sin(re) * Math.cosh(im), Math.cos(re) * Math.sinh(im));
    }

    Complex cos() {
        return im == 0 ? of(Math.cos(re)) : new Complex(Math.cos(re) * Math.cosh(im), -Math.sin(re) * Math.sinh(im));
    }

    /** −i log(iz + √(1−z²)). */
    Complex asin() {
        Complex root = of(1).minus(times(this)).sqrt();
        Complex log = I.times(this).plus(root).log();
        return new Complex(log.im, -log.re);
    }

    /** i/2 · (log(1−iz) − log(1+iz)). */
    Complex atan() {
        Complex iz = I.times(this);
        return new Complex(0, 0.5)
                .times(of(1).minus(iz).log().minus(of(1).plus(iz).log()));
    }

    boolean isFinite() {
        return Double.isFinite(re) && Double.isFinite(im);
    }
}
