using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>What came of a training: read from what the tasks of its pipeline reported.</summary>
internal sealed record TrainingOutcome
{
    /// <summary>The pipeline.</summary>
    public required string Pipeline { get; init; }

    /// <summary>Its run.</summary>
    public required string Run { get; init; }

    /// <summary>How the run ended.</summary>
    public required string State { get; init; }

    /// <summary>The task that failed, and why; null where none did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    /// <summary>The registered model.</summary>
    public string? Model { get; init; }

    /// <summary>The version that was made of it.</summary>
    public long? Version { get; init; }

    /// <summary>The training run in the registry.</summary>
    public string? TrainingRun { get; init; }

    /// <summary>Whether the images were drawn by a program.</summary>
    public bool? Synthetic { get; init; }

    /// <summary>Where the images come from.</summary>
    public string? Source { get; init; }

    /// <summary>The dataset's table and version.</summary>
    public string? Dataset { get; init; }

    /// <summary>Files that were kept out.</summary>
    public long? Refused { get; init; }

    /// <summary>The backbone that was chosen.</summary>
    public string? Backbone { get; init; }

    /// <summary>Trials that were made.</summary>
    public long? Trials { get; init; }

    /// <summary>The accuracy on the test images.</summary>
    public double? TestAccuracy { get; init; }

    /// <summary>The lower end of its interval.</summary>
    public double? TestAccuracyLower { get; init; }

    /// <summary>The upper end of its interval.</summary>
    public double? TestAccuracyUpper { get; init; }

    /// <summary>Test images.</summary>
    public long? TestImages { get; init; }

    /// <summary>The champion that it was judged against; null where there was none.</summary>
    public long? Champion { get; init; }

    /// <summary>Whether it is champion now.</summary>
    public bool? Promoted { get; init; }

    /// <summary>Why, or why not.</summary>
    public string? Verdict { get; init; }

    /// <summary>How long the run took, in seconds.</summary>
    public double? Seconds { get; init; }

    public static TrainingOutcome Of(RunDetailsView run)
    {
        var reported = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, value) in run.Tasks.Where(static t => t.Attempts.Count > 0).SelectMany(static t => t.Attempts[^1].Reported))
        {
            reported[name] = value;
        }

        string? Text(string name) => reported.TryGetValue(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;
        double? Number(string name) => reported.TryGetValue(name, out var v) && v.ValueKind == JsonValueKind.Number ? v.GetDouble() : null;
        bool? Truth(string name) => reported.TryGetValue(name, out var v) && v.ValueKind is JsonValueKind.True or JsonValueKind.False ? reported[name].GetBoolean() : null;
        var failed = run.Tasks.FirstOrDefault(static t => t.State == "failed");
        return new TrainingOutcome
        {
            Pipeline = run.Pipeline,
            Run = run.Id,
            State = run.State,
            Error = failed is null ? run.Error : $"{failed.Name}: {(failed.Attempts.Count > 0 ? failed.Attempts[^1].Error : failed.Note) ?? run.Error}",
            Model = Text("model"),
            Version = (long?)Number("version"),
            TrainingRun = Text("trainingRun"),
            Synthetic = Truth("synthetic"),
            Source = Text("source"),
            Dataset = Text("dataset"),
            Refused = (long?)Number("refused"),
            Backbone = Text("backbone"),
            Trials = (long?)Number("trials"),
            TestAccuracy = Number("testAccuracy"),
            TestAccuracyLower = Number("testAccuracyLower"),
            TestAccuracyUpper = Number("testAccuracyUpper"),
            TestImages = (long?)Number("testImages"),
            Champion = (long?)Number("champion"),
            Promoted = Truth("promoted"),
            Verdict = Text("reason"),
            Seconds = run.DurationMs is { } ms ? Math.Round(ms / 1000, 2) : null,
        };
    }

    public void Write(Terminal terminal)
    {
        var to = terminal.Out;
        void Line(string label, string? text)
        {
            if (!string.IsNullOrEmpty(text))
            {
                to.WriteLine($"  {label,-15} {text}");
            }
        }

        string Culture(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
        to.WriteLine(Version is { } version ? Culture($"{Model} version {version}{(Synthetic == true ? " (synthetic: trained on drawn pictures, not on photographs)" : "")}") : $"{Pipeline}: {State}");
        Line("images", Source);
        Line("dataset", Dataset);
        Line("kept out", Refused > 0 ? Culture($"{Refused} files; `runs logs {Run}` names them") : null);
        Line("backbone", Backbone is null ? null : Culture($"{Backbone}, the best of {Trials} {(Trials == 1 ? "trial" : "trials")}"));
        Line("test accuracy", TestAccuracy is { } a ? Culture($"{a:0.0000} ({TestAccuracyLower:0.0000} to {TestAccuracyUpper:0.0000}) on {TestImages} images") : null);
        Line("verdict", Promoted is { } promoted ? (promoted ? "promoted: it is champion now" : Champion is { } c ? Culture($"kept out: version {c} stays champion") : "kept out: there is no champion") : null);
        Line("", Verdict);
        Line("training run", TrainingRun);
        Line("took", Grid.Duration(Seconds * 1000));
        Line("error", Error);
    }
}
