namespace Tarn.Core;

/// <summary>Words of one's own for the alerts of a kind, or of a channel. A template that is not given is the one below: a channel's lies above a kind's, a kind's above the alert's own words.</summary>
public sealed record AlertWording
{
    /// <summary>No words of one's own.</summary>
    public static readonly AlertWording None = new();

    /// <summary>What is said where nobody says otherwise: what the alert brings.</summary>
    internal static readonly AlertWording Default = new() { Title = AlertTemplate.Parse("{{title}}"), Text = AlertTemplate.Parse("{{text}}\n{{error}}") };

    /// <summary>The title; one line.</summary>
    public AlertTemplate? Title { get; init; }

    /// <summary>The text below it.</summary>
    public AlertTemplate? Text { get; init; }

    /// <summary>These words, and those of another where these are silent.</summary>
    internal AlertWording Above(AlertWording other) => new() { Title = Title ?? other.Title, Text = Text ?? other.Text };
}
