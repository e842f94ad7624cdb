using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Tarn;

/// <summary>
/// Fills an options class from a section: each public settable property from the key of its name. Unlike the framework's
/// binder it goes on after an error, so that all of them are reported at once, and it knows durations like <c>30s</c>.
/// Rules are .NET's validation attributes and <see cref="IValidatableObject"/>.
/// </summary>
internal static class OptionsReader
{
    /// <param name="section">The section.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="others">Keys of the section that are read elsewhere.</param>
    public static T Read<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        IConfigurationSection section, List<OptionError> errors, params string[] others)
        where T : class, new()
    {
        var options = new T();
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static p => p.CanWrite || p.PropertyType == typeof(Dictionary<string, int>)).ToList();
        var found = errors.Count;
        foreach (var property in properties)
        {
            Fill(options, property, section, errors);
        }

        foreach (var child in section.GetChildren())
        {
            if (!properties.Exists(p => string.Equals(p.Name, child.Key, StringComparison.OrdinalIgnoreCase)) && !others.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                errors.Add(new OptionError(child.Path, child.Value, $"No such key; those of {section.Key} are {string.Join(", ", properties.Select(static p => p.Name).Concat(others))}."));
            }
        }

        if (errors.Count == found && options is IValidatableObject validatable)
        {
            foreach (var result in validatable.Validate(new ValidationContext(options)))
            {
                var member = result.MemberNames.FirstOrDefault() ?? "";
                errors.Add(new OptionError(member.Length == 0 ? section.Path : $"{section.Path}:{member}", section[member], result.ErrorMessage ?? "Not valid."));
            }
        }

        return options;
    }

    private static void Fill(object options, PropertyInfo property, IConfigurationSection section, List<OptionError> errors)
    {
        var key = $"{section.Path}:{property.Name}";
        var child = section.GetSection(property.Name);
        var text = child.Value;
        if (property.GetValue(options) is Dictionary<string, int> numbers)
        {
            FillNumbers(numbers, child, errors);
        }
        else if (property.PropertyType == typeof(string[]) || property.PropertyType == typeof(IReadOnlyList<string>))
        {
            var items = text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                ?? child.GetChildren().Select(static c => c.Value ?? "").ToArray();
            if (items.Length > 0)
            {
                property.SetValue(options, items);
            }
        }
        else if (text is { Length: > 0 })
        {
            if (!OptionText.TryParse(text, property.PropertyType, out var value, out var rule))
            {
                errors.Add(new OptionError(key, text, rule));
                return;
            }

            property.SetValue(options, value);
        }

        foreach (var attribute in property.GetCustomAttributes<ValidationAttribute>())
        {
            var current = property.GetValue(options);
            if (!attribute.IsValid(current))
            {
                errors.Add(new OptionError(key, text ?? Convert.ToString(current, CultureInfo.InvariantCulture), RuleOf(attribute, property.Name)));
            }
        }
    }

    // Keys of the configuration have no case; the names that they stand for (of pools, say) are lower-case.
    private static void FillNumbers(Dictionary<string, int> numbers, IConfigurationSection section, List<OptionError> errors)
    {
        foreach (var child in section.GetChildren())
        {
            if (OptionText.TryParse(child.Value ?? "", typeof(int), out var number, out var rule))
            {
                numbers[child.Key.ToLowerInvariant()] = (int)number!;
            }
            else
            {
                errors.Add(new OptionError(child.Path, child.Value, rule));
            }
        }
    }

    private static string RuleOf(ValidationAttribute attribute, string name) => attribute switch
    {
        { ErrorMessage: { } message } => message,
        RangeAttribute range => $"It is {OptionText.Show(range.Minimum)} to {OptionText.Show(range.Maximum)}.",
        RequiredAttribute => "It has to be set.",
        _ => attribute.FormatErrorMessage(name),
    };
}
