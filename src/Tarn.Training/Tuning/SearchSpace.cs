using Tarn.Core;

namespace Tarn.Training;

/// <summary>The parameters to be searched for. Immutable: each method returns a space with one parameter more.</summary>
public sealed class SearchSpace
{
    private readonly string? _parent;
    private readonly string? _parentValue;

    /// <summary>A space without parameters.</summary>
    public SearchSpace()
        : this([], null, null)
    {
    }

    private SearchSpace(IReadOnlyList<SearchParameter> parameters, string? parent, string? parentValue) => (Parameters, _parent, _parentValue) = (parameters, parent, parentValue);

    /// <summary>The parameters, each after the one on which it depends.</summary>
    public IReadOnlyList<SearchParameter> Parameters { get; }

    /// <summary>Adds a choice between texts, at least one, all different.</summary>
    public SearchSpace Choice(string name, params IReadOnlyList<string> values)
    {
        if (values.Count == 0 || values.Distinct(StringComparer.Ordinal).Count() != values.Count)
        {
            throw TarnException.InvalidInput("A choice is between at least one text, all different.", $"{name}: {string.Join(", ", values)}");
        }

        return With(new SearchParameter(name, SearchKind.Choice, 0, 0, false, [.. values], _parent, _parentValue));
    }

    /// <summary>Adds a whole number from <paramref name="low"/> to <paramref name="high"/>, both possible.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="low">The least; at least 1 where <paramref name="log"/>.</param>
    /// <param name="high">The greatest, within ±2⁵³.</param>
    /// <param name="log">Whether its logarithm is drawn evenly.</param>
    public SearchSpace Int(string name, long low, long high, bool log = false) => Number(name, SearchKind.Int, low, high, log);

    /// <summary>Adds a number from <paramref name="low"/> to <paramref name="high"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="low">The least; over 0 where <paramref name="log"/>.</param>
    /// <param name="high">The greatest.</param>
    /// <param name="log">Whether its logarithm is drawn evenly.</param>
    public SearchSpace Float(string name, double low, double high, bool log = false) => Number(name, SearchKind.Float, low, high, log);

    /// <summary>Adds parameters that are there only with one text of a choice: <c>When("head", "mlp", s => s.Int("hidden", 8, 512))</c>.</summary>
    /// <param name="choice">The choice, added before.</param>
    /// <param name="value">One of its texts.</param>
    /// <param name="add">Adds the parameters.</param>
    /// <exception cref="TarnException">There is no such choice or text.</exception>
    public SearchSpace When(string choice, string value, Func<SearchSpace, SearchSpace> add)
    {
        if (Parameters.FirstOrDefault(p => p.Name == choice) is not { Kind: SearchKind.Choice } parent || !parent.Choices.Contains(value, StringComparer.Ordinal))
        {
            throw TarnException.InvalidInput("A parameter depends on a choice that was added before it, and on one of its texts.", $"{choice} = {value}");
        }

        return new SearchSpace(add(new SearchSpace(Parameters, choice, value)).Parameters, _parent, _parentValue);
    }

    /// <summary>Fills in a value of each parameter that is there, given those before it.</summary>
    internal TrialParameters Fill(Func<SearchParameter, object> value)
    {
        var values = new SortedDictionary<string, object>(StringComparer.Ordinal);
        foreach (var parameter in Parameters)
        {
            if (parameter.Parent is null || (values.TryGetValue(parameter.Parent, out var chosen) && (string)chosen == parameter.ParentValue))
            {
                values[parameter.Name] = value(parameter);
            }
        }

        return new TrialParameters(values);
    }

    private SearchSpace Number(string name, SearchKind kind, double low, double high, bool log)
    {
        if (!(low <= high) || !double.IsFinite(low) || !double.IsFinite(high) || (log && !(low >= (kind == SearchKind.Int ? 1 : double.Epsilon))) || (kind == SearchKind.Int && Math.Max(-low, high) > 1L << 53))
        {
            throw TarnException.InvalidInput("A number's range goes from its least to its greatest value, both finite; for a logarithm over 0.", FormattableString.Invariant($"{name}: {low} to {high}{(log ? ", log" : "")}"));
        }

        return With(new SearchParameter(name, kind, low, high, log, [], _parent, _parentValue));
    }

    private SearchSpace With(SearchParameter parameter)
    {
        if (Parameters.Any(p => p.Name == parameter.Name))
        {
            throw TarnException.InvalidInput("A parameter's name is there once.", parameter.Name, "Name it otherwise.");
        }

        return new SearchSpace([.. Parameters, parameter], _parent, _parentValue);
    }
}
