using System.Text.Json.Serialization;

namespace Tarn.Training;

/// <summary>What kind of value a parameter has.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SearchKind>))]
public enum SearchKind
{
    /// <summary>One of some texts, in no order.</summary>
    Choice,

    /// <summary>A whole number of a range.</summary>
    Int,

    /// <summary>A number of a range.</summary>
    Float,
}

/// <summary>A parameter to be searched for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What kind of value it has.</param>
/// <param name="Low">The least value of a number.</param>
/// <param name="High">The greatest value of a number, itself possible.</param>
/// <param name="Log">Whether its logarithm is drawn evenly: for rates and sizes.</param>
/// <param name="Choices">The texts of a choice, in the order given.</param>
/// <param name="Parent">The choice on which it depends, or null.</param>
/// <param name="ParentValue">The text of that choice with which it is there.</param>
public sealed record SearchParameter(string Name, SearchKind Kind, double Low, double High, bool Log, IReadOnlyList<string> Choices, string? Parent, string? ParentValue)
{
    // Numbers are drawn and modelled on a line: logarithms where Log; a whole number owns the stretch from half below to half above it.
    internal double LineLow => ToLine(Kind == SearchKind.Int ? Low - 0.5 : Low);

    internal double LineHigh => ToLine(Kind == SearchKind.Int ? High + 0.5 : High);

    internal double ToLine(double value) => Log ? Math.Log(value) : value;

    internal object FromLine(double at)
    {
        var value = Math.Clamp(Log ? Math.Exp(at) : at, Low, High);
        return Kind == SearchKind.Int ? (object)(long)Math.Round(value) : value;
    }

    internal object Draw(SeededRandom random) =>
        Kind == SearchKind.Choice ? Choices[random.NextInt(Choices.Count)] : FromLine(LineLow + (random.NextDouble() * (LineHigh - LineLow)));

    /// <summary>Values spread evenly: every choice, every whole number where there are not more than points, else that many points from the least to the greatest.</summary>
    internal IReadOnlyList<object> Grid(int points)
    {
        if (Kind == SearchKind.Choice)
        {
            return Choices;
        }

        if (Kind == SearchKind.Int && High - Low < points)
        {
            return [.. Enumerable.Range(0, (int)(High - Low) + 1).Select(i => (object)((long)Low + i))];
        }

        var (low, high) = (ToLine(Low), ToLine(High));
        return [.. Enumerable.Range(0, points).Select(i => FromLine(points == 1 ? (low + high) / 2 : low + (i * (high - low) / (points - 1)))).Distinct()];
    }
}
