using System.Text;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What the files beside a model say of it.</summary>
internal sealed record ModelAttachments(IReadOnlyList<string>? Labels)
{
    /// <exception cref="TarnException">A file is not of its form.</exception>
    public static ModelAttachments Read(string name, ModelFiles files)
    {
        if (!files.LabelLines.IsEmpty)
        {
            var lines = Encoding.UTF8.GetString(files.LabelLines.Span).TrimStart('\uFEFF').Split('\n', StringSplitOptions.TrimEntries);
            return new ModelAttachments(lines[^1].Length == 0 ? lines[..^1] : lines);
        }

        if (files.Signature.IsEmpty)
        {
            return new ModelAttachments((IReadOnlyList<string>?)null);
        }

        try
        {
            using var signature = JsonDocument.Parse(files.Signature);
            return new ModelAttachments(signature.RootElement.ValueKind == JsonValueKind.Object && signature.RootElement.TryGetProperty("labels", out var labels) && labels.ValueKind == JsonValueKind.Array
                ? [.. labels.EnumerateArray().Select(static l => l.ToString())]
                : null);
        }
        catch (JsonException error)
        {
            throw TarnException.Corrupt("A model's signature.json is JSON.", $"{name}: {error.Message}", "Register the model again.", error);
        }
    }
}
