using System.Globalization;

namespace Tarn.Training;

/// <summary>What one view does to an image.</summary>
/// <param name="Placement">From a place in the view to the place in the image.</param>
/// <param name="Gain">What each channel is multiplied by.</param>
/// <param name="Offsets">What is added to red, green and blue then.</param>
internal sealed record ImageView(Affine Placement, float Gain, (float Red, float Green, float Blue) Offsets)
{
    public bool ChangesColour => Gain != 1 || Offsets != default;

    /// <summary>Draws a view of an image of this size.</summary>
    public static ImageView Draw(AugmentationSpec spec, string imageHash, int view, int width, int height)
    {
        // The values are drawn in an order that stays, each of them always, so that a change of one range leaves the others as they were.
        var random = new SeededRandom(spec.Seed, (long)ulong.Parse(imageHash.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture), (long)ulong.Parse(imageHash.AsSpan(16, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture), view);
        var (across, upside) = (random.NextDouble() < 0.5, random.NextDouble() < 0.5);
        var angle = Even(spec.Rotation) * Math.PI / 180;
        var (right, down) = (Even(spec.Shift) * width, Even(spec.Shift) * height);
        var zoom = Math.Exp(Even(Math.Log(1 + spec.Zoom)));
        var shear = Math.Tan(Even(spec.Shear) * Math.PI / 180);
        var gain = (float)(1 + Even(spec.Brightness));
        var offsets = ((float)Even(spec.ChannelShift), (float)Even(spec.ChannelShift), (float)Even(spec.ChannelShift));
        var (flipX, flipY) = (spec.FlipHorizontally && across ? -1.0 : 1.0, spec.FlipVertically && upside ? -1.0 : 1.0);
        return new ImageView(Affine.About((width - 1) / 2.0, (height - 1) / 2.0, angle, shear, zoom, flipX, flipY, right, down), gain, offsets);

        double Even(double range) => ((2 * random.NextDouble()) - 1) * range;
    }
}

/// <summary>Where in the image a place of the view is: x' = A x + B y + C, y' = D x + E y + F. Places are centres of pixels, the first at 0.</summary>
internal readonly record struct Affine(double A, double B, double C, double D, double E, double F)
{
    /// <summary>
    /// The inverse of: mirrored, enlarged, slanted, turned, all about the middle, then shifted. Composed as one, so that pixels are computed once.
    /// </summary>
    public static Affine About(double middleX, double middleY, double angle, double shear, double zoom, double flipX, double flipY, double right, double down)
    {
        var (cos, sin) = (Math.Cos(angle), Math.Sin(angle));

        // Forward: [cos −sin; sin cos] · [1 shear; 0 1] · zoom · [flipX 0; 0 flipY]; its inverse, factor by factor from the right.
        var (a, b, d, e) = (cos - (shear * -sin), sin - (shear * cos), -sin, cos);
        (a, b, d, e) = (flipX * a / zoom, flipX * b / zoom, flipY * d / zoom, flipY * e / zoom);
        var (x, y) = (middleX + right, middleY + down);
        return new Affine(a, b, middleX - (a * x) - (b * y), d, e, middleY - (d * x) - (e * y));
    }

    public bool IsIdentity => this == new Affine(1, 0, 0, 0, 1, 0);
}
