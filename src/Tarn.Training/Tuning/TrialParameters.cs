using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>The values of a trial's parameters; those that depend on another choice are not there. Goes to JSON, <c>{"head":"mlp","hidden":64,"rate":0.01}</c>, and back unchanged.</summary>
public sealed class TrialParameters
{
    private readonly SortedDictionary<string, object> _values;

    internal TrialParameters(SortedDictionary<string, object> values) => _values = values;

    /// <summary>The names of the values that are there, in ordinal order.</summary>
    public IReadOnlyCollection<string> Names => _values.Keys;

    /// <summary>Whether a parameter is there.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The text of a choice.</summary>
    /// <exception cref="TarnException">There is no such choice.</exception>
    public string Choice(string name) => Get<string>(name, "choice");

    /// <summary>A whole number.</summary>
    /// <exception cref="TarnException">There is no such whole number.</exception>
    public long Int(string name) => Get<long>(name, "whole number");

    /// <summary>A number.</summary>
    /// <exception cref="TarnException">There is no such number.</exception>
    public double Float(string name) => Get<double>(name, "number");

    /// <summary>A value as text, as in parameters of a training run; null where it is not there.</summary>
    public string? Text(string name) => _values.TryGetValue(name, out var value) ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;

    /// <summary>As JSON, the same text for the same values.</summary>
    public string ToJson()
    {
        // A number with a fraction point stays a number that has one: 1.0 is written as 1.0.
        var parts = _values.Select(static v => JsonSerializer.Serialize(v.Key) + ":" + v.Value switch
        {
            string text => JsonSerializer.Serialize(text),
            long whole => whole.ToString(CultureInfo.InvariantCulture),
            double number => number.ToString("R", CultureInfo.InvariantCulture) is var digits && digits.AsSpan().ContainsAny(".E") ? digits : digits + ".0",
            _ => throw new InvalidOperationException($"A value of type {v.Value.GetType()}."),
        });
        return "{" + string.Join(",", parts) + "}";
    }

    /// <summary>From the JSON of <see cref="ToJson"/>.</summary>
    /// <exception cref="TarnException">The text is not such JSON.</exception>
    public static TrialParameters FromJson(string json)
    {
        var values = new SortedDictionary<string, object>(StringComparer.Ordinal);
        foreach (var (name, value) in TrainingJson.Read<Dictionary<string, JsonElement>>(json, "a trial's parameters"))
        {
            values[name] = value.ValueKind switch
            {
                JsonValueKind.String => value.GetString()!,
                JsonValueKind.Number when value.GetRawText().AsSpan().ContainsAny(".eE") => value.GetDouble(),
                JsonValueKind.Number => value.GetInt64(),
                _ => throw TarnException.Corrupt("A trial's parameters are texts and numbers.", $"{name}: {value.GetRawText()}"),
            };
        }

        return new TrialParameters(values);
    }

    /// <inheritdoc/>
    public override string ToString() => ToJson();

    internal object? Find(string name) => _values.GetValueOrDefault(name);

    private T Get<T>(string name, string kind) => _values.TryGetValue(name, out var value) && value is T found ? found : throw TarnException.NotFound(
        $"This trial has a {kind} of that name.", name, $"It has {ToJson()}; ask Has first for what depends on a choice.");
}
