namespace Tarn.Training;

/// <summary>Suggests parameters of trials: a function of the trial's number, the seed, and the trials that it is given.</summary>
internal abstract class TrialSampler(SearchSpace space, long seed)
{
    protected SearchSpace Space => space;

    /// <summary>How many trials there can be.</summary>
    public virtual int Most => int.MaxValue;

    /// <summary>Parameters of a trial, after others that gave values (high ones are good; failed ones are not there).</summary>
    public abstract TrialParameters Suggest(int number, IReadOnlyList<(TrialParameters Parameters, double Value)> before);

    protected SeededRandom RandomOf(int number) => new(seed, number, 0x7065);

    protected TrialParameters Random(int number)
    {
        var random = RandomOf(number);
        return space.Fill(parameter => parameter.Draw(random));
    }
}

/// <summary>Every parameter drawn evenly.</summary>
internal sealed class RandomSampler(SearchSpace space, long seed) : TrialSampler(space, seed)
{
    public override TrialParameters Suggest(int number, IReadOnlyList<(TrialParameters Parameters, double Value)> before) => Random(number);
}

/// <summary>Every combination, those of parameters that are not there only once.</summary>
internal sealed class GridSampler : TrialSampler
{
    private readonly List<TrialParameters> _combinations = [];

    public GridSampler(SearchSpace space, int points, int most)
        : base(space, 0)
    {
        var values = space.Parameters.Select(p => p.Grid(points)).ToList();
        var places = space.Parameters.Select(static (p, i) => (p.Name, i)).ToDictionary(static x => x.Name, static x => x.i);
        var digits = new int[values.Count];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            var combination = space.Fill(parameter => values[places[parameter.Name]][digits[places[parameter.Name]]]);
            if (seen.Add(combination.ToJson()))
            {
                _combinations.Add(combination);
            }
        }
        while (_combinations.Count < most && Next(digits, values));
    }

    public override int Most => _combinations.Count;

    public override TrialParameters Suggest(int number, IReadOnlyList<(TrialParameters Parameters, double Value)> before) => _combinations[number];

    private static bool Next(int[] digits, List<IReadOnlyList<object>> values)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            if (++digits[i] < values[i].Count)
            {
                return true;
            }

            digits[i] = 0;
        }

        return false;
    }
}
