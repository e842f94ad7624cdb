namespace Pizza.Drawing;

/// <summary>A flat shape on a unit disc: how far inside of it a point is (negative: outside), in the disc's own units.</summary>
internal delegate double Shape(double u, double v);

/// <summary>Shapes.</summary>
internal static class Shapes
{
    public static Shape Disc(double x, double y, double radius) => (u, v) => radius - Length(u - x, v - y);

    public static Shape Ring(double x, double y, double inner, double outer) => (u, v) =>
    {
        var r = Length(u - x, v - y);
        return Math.Min(outer - r, r - inner);
    };

    /// <summary>A disc whose edge wavers, as dough does.</summary>
    public static Shape Blob(double x, double y, double radius, double wavering, Random random)
    {
        var (a, b, c) = (random.NextDouble() * Math.Tau, random.NextDouble() * Math.Tau, random.NextDouble() * Math.Tau);
        return (u, v) =>
        {
            var angle = Math.Atan2(v - y, u - x);
            var edge = radius * (1 + (wavering * ((0.5 * Math.Sin((3 * angle) + a)) + (0.3 * Math.Sin((5 * angle) + b)) + (0.2 * Math.Sin((11 * angle) + c)))));
            return edge - Length(u - x, v - y);
        };
    }

    public static Shape Ellipse(double x, double y, double length, double width, double angle)
    {
        var (cos, sin) = (Math.Cos(angle), Math.Sin(angle));
        return (u, v) =>
        {
            var (p, q) = ((((u - x) * cos) + ((v - y) * sin)) / length, (((v - y) * cos) - ((u - x) * sin)) / width);
            return (1 - Length(p, q)) * Math.Min(length, width);
        };
    }

    /// <summary>A line with round ends.</summary>
    public static Shape Line(double x1, double y1, double x2, double y2, double width)
    {
        var (dx, dy) = (x2 - x1, y2 - y1);
        var square = Math.Max(1e-9, (dx * dx) + (dy * dy));
        return (u, v) =>
        {
            var t = Math.Clamp((((u - x1) * dx) + ((v - y1) * dy)) / square, 0, 1);
            return (width / 2) - Length(u - x1 - (t * dx), v - y1 - (t * dy));
        };
    }

    /// <summary>A slice from the middle outwards.</summary>
    public static Shape Wedge(double angle, double half) => (u, v) =>
    {
        var off = Math.Abs(Math.IEEERemainder(Math.Atan2(v, u) - angle, Math.Tau));
        return (half - off) * Length(u, v);
    };

    public static Shape Both(Shape one, Shape other) => (u, v) => Math.Min(one(u, v), other(u, v));

    public static Shape Without(Shape shape, Shape cut) => (u, v) => Math.Min(shape(u, v), -cut(u, v));

    private static double Length(double x, double y) => Math.Sqrt((x * x) + (y * y));
}
