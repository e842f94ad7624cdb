namespace Tarn;

/// <summary>An error as RFC 9457 problem details, with the rule that was broken, the value, and the remedy.</summary>
internal sealed record ProblemView(string Type, string Title, int Status, string? Detail, string? Instance, string? Rule, string? Value, string? Remedy)
{
    /// <summary>The media type.</summary>
    public const string MediaType = "application/problem+json";
}
