using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>The rules of a set of options, looked at one by one and told all at once: each that is broken with its name, its value and the rule.</summary>
internal sealed class OptionRules
{
    private readonly List<string> _broken;

    public OptionRules(IEnumerable<string>? broken = null) => _broken = [.. broken ?? []];

    /// <summary>Those that are broken so far.</summary>
    public IReadOnlyList<string> Broken => _broken;

    /// <summary>A rule, told as <c>name = value: rule</c>.</summary>
    public void Add(bool holds, string name, object? value, string rule) => Add(holds, $"{name} = {value}: {rule}");

    /// <summary>A rule, told in the given words where it is broken.</summary>
    public void Add(bool holds, FormattableString told)
    {
        if (!holds)
        {
            _broken.Add(told.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Throws where rules are broken.</summary>
    /// <param name="broken">Those that are.</param>
    /// <param name="rule">What the options as a whole keep to.</param>
    /// <param name="remedy">What to do.</param>
    /// <exception cref="TarnException">There are some: the message has all.</exception>
    public static void Check(IReadOnlyList<string> broken, string rule, string remedy = "Correct them.")
    {
        if (broken.Count > 0)
        {
            throw TarnException.InvalidInput(rule, string.Join("; ", broken), remedy);
        }
    }
}
