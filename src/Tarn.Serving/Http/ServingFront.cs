using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What all protocols have in common: which version answers a request.</summary>
internal sealed class ServingFront(ModelServer models)
{
    public ModelServer Models => models;

    /// <summary>The version that answers; the caller disposes of what it gets.</summary>
    /// <param name="http">The request.</param>
    /// <param name="name">The name of a model.</param>
    /// <param name="version">A version's number as text; empty for none.</param>
    /// <param name="label">An alias; empty for none.</param>
    /// <exception cref="TarnException">There is no such model or version, or it is not loaded.</exception>
    public Chosen Choose(HttpContext http, ReadOnlySpan<char> name, ReadOnlySpan<char> version, ReadOnlySpan<char> label) =>
        new(models.Acquire(name, VersionOf(version), label));

    /// <summary>A version's number; null where the text is empty.</summary>
    /// <exception cref="TarnException">It is no number.</exception>
    public static long? VersionOf(ReadOnlySpan<char> text) => text.IsEmpty ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw TarnException.InvalidInput("A version is a whole number.", text.ToString(), "Use /labels/ to name an alias.");
}
