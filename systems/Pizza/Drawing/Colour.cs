namespace Pizza.Drawing;

/// <summary>A colour, each part from 0 to 1.</summary>
internal readonly record struct Colour(double Red, double Green, double Blue)
{
    public static Colour operator *(Colour colour, double factor) => new(colour.Red * factor, colour.Green * factor, colour.Blue * factor);

    public Colour Towards(Colour other, double share) => new(
        Red + ((other.Red - Red) * share), Green + ((other.Green - Green) * share), Blue + ((other.Blue - Blue) * share));

    /// <summary>About this colour.</summary>
    public Colour Vary(Random random, double by)
    {
        var light = 1 + (((random.NextDouble() * 2) - 1) * by);
        double Part(double value) => Math.Clamp((value * light) + (((random.NextDouble() * 2) - 1) * by * 0.4), 0, 1);
        return new Colour(Part(Red), Part(Green), Part(Blue));
    }
}
