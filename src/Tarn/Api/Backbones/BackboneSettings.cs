using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Training;

namespace Tarn;

/// <summary>What a request says of a backbone that it adds: query parameters, each over what the catalogue says already.</summary>
internal static class BackboneSettings
{
    public static readonly string[] Names = ["description", "url", "size", "layout", "channels", "scale", "mean", "std", "resize", "short", "embedding"];

    /// <summary>The entry to add.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="query">The parameters.</param>
    /// <param name="catalog">Where an entry of that name may stand.</param>
    public static BackboneEntry Read(string name, IQueryCollection query, BackboneCatalog catalog)
    {
        if (query.Keys.FirstOrDefault(static k => !Names.Contains(k, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            throw TarnException.InvalidInput($"A backbone's settings are {string.Join(", ", Names)}.", unknown);
        }

        name = name.ToLowerInvariant();
        string? Text(string key) => query.TryGetValue(key, out var values) && values.Count > 0 ? values[^1] : null;
        var known = catalog.Entries.FirstOrDefault(e => e.Name == name);
        if (known is null && Text("size") is null)
        {
            throw TarnException.InvalidInput("A backbone that the catalogue does not know needs the size of its pictures.", name, "Say --size PIXELS, and --layout, --channels, --scale, --mean, --std as the network was trained.");
        }

        var entry = known ?? new BackboneEntry { Name = name, File = name + ".onnx", Width = 0, Height = 0 };
        var size = Text("size") is { } text ? Numbers("size", text, 1, 2) : [entry.Width, entry.Height];
        return entry with
        {
            Description = Text("description") ?? entry.Description,
            Url = Text("url") ?? entry.Url,

            // Another address has another file: the catalogue's hash says nothing of it.
            Sha256 = Text("url") is null ? entry.Sha256 : null,
            Width = (int)size[0],
            Height = (int)size[^1],
            Layout = Choice("layout", Text("layout"), entry.Layout),
            Channels = Choice("channels", Text("channels"), entry.Channels),
            Scale = Text("scale") is { } scale ? Numbers("scale", scale, 1, 1)[0] : entry.Scale,
            Mean = Text("mean") is { } mean ? Three(Numbers("mean", mean, 1, 3)) : entry.Mean,
            Std = Text("std") is { } std ? Three(Numbers("std", std, 1, 3)) : entry.Std,
            Resize = Choice("resize", Text("resize"), entry.Resize),
            ShortSide = Text("short") is { } side ? (int)Numbers("short", side, 1, 1)[0] : entry.ShortSide,
            Embedding = Text("embedding") ?? entry.Embedding,
        };
    }

    private static T Choice<T>(string key, string? text, T otherwise)
        where T : struct, Enum => text is null ? otherwise
        : Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<T>(text, ignoreCase: true)
        : throw TarnException.InvalidInput($"{key} is one of {string.Join(", ", Enum.GetNames<T>().Select(static n => n.ToLowerInvariant()))}.", text);

    private static double[] Three(double[] values) => values.Length == 1 ? [values[0], values[0], values[0]] : values;

    /// <summary>Numbers set apart by commas; one may be a fraction, as 1/255.</summary>
    private static double[] Numbers(string key, string text, int least, int most)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var numbers = parts.Select(static p => p.Split('/') switch
        {
            [var whole] when Parse(whole) is { } n => n,
            [var above, var below] when Parse(above) is { } a && Parse(below) is { } b => a / b,
            _ => double.NaN,
        }).ToArray();
        return numbers.Length >= least && numbers.Length <= most && (numbers.Length is 1 || numbers.Length == most) && !numbers.Any(double.IsNaN)
            ? numbers
            : throw TarnException.InvalidInput($"{key} is {(most == 1 ? "a number" : $"one number, or {most} set apart by commas")}, as in 0.5 or 1/255.", text);
    }

    private static double? Parse(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
