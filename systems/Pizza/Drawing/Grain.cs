namespace Pizza.Drawing;

/// <summary>Smooth random values over the plane, from −1 to 1: a function of the place and a seed.</summary>
internal sealed class Grain(int seed)
{
    public double At(double x, double y)
    {
        var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        var (a, b) = (Ease(x - left), Ease(y - top));
        var above = Mix(Corner(left, top), Corner(left + 1, top), a);
        var below = Mix(Corner(left, top + 1), Corner(left + 1, top + 1), a);
        return Mix(above, below, b);
    }

    private double Corner(int x, int y)
    {
        unchecked
        {
            var h = ((uint)x * 0x9E3779B1u) ^ ((uint)y * 0x85EBCA77u) ^ ((uint)seed * 0xC2B2AE3Du);
            h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
            h = (h ^ (h >> 12)) * 0x297A2D39u;
            return ((h ^ (h >> 15)) / (double)uint.MaxValue * 2) - 1;
        }
    }

    private static double Ease(double t) => t * t * (3 - (2 * t));

    private static double Mix(double a, double b, double t) => a + ((b - a) * t);
}
