using Microsoft.Extensions.Configuration;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void All_errors_are_found_at_once_each_with_key_value_and_rule()
    {
        var errors = Read(new() { ["Notes:Greeting"] = new string('x', 21), ["Notes:Size"] = "eleven", ["Notes:Every"] = "2d", ["Notes:Address"] = "nowhere", ["Notes:Sise"] = "3" }, out _);
        Assert.Equal(
            ["Notes:Address", "Notes:Every", "Notes:Greeting", "Notes:Sise", "Notes:Size"],
            errors.Select(static e => e.Key).Order(StringComparer.Ordinal));
        Assert.Contains(errors, static e => e is { Key: "Notes:Size", Value: "eleven", Rule: "It is a whole number." });
        Assert.Contains(errors, static e => e is { Key: "Notes:Every", Value: "2d", Rule: "It is 1s to 1d." });
        Assert.Contains(errors, static e => e.Key == "Notes:Sise" && e.Rule.Contains("Greeting, Size, Every", StringComparison.Ordinal));
    }

    [Fact]
    public void Values_are_read_and_defaults_stay()
    {
        Assert.Empty(Read(new() { ["notes:size"] = "7", ["Notes:Every"] = "90s", ["Notes:Address"] = "http://h/" }, out var options));
        Assert.Equal(7, options.Size);
        Assert.Equal(TimeSpan.FromSeconds(90), options.Every);
        Assert.Equal(new Uri("http://h/"), options.Address);
        Assert.Equal("Hello", options.Greeting);
    }

    [Fact]
    public void Numbers_by_name_are_read()
    {
        var errors = new List<OptionError>();
        var values = new Dictionary<string, string?> { ["Pipelines:Pools:QUAKES"] = "2", ["Pipelines:Pools:web"] = "many", ["Pipelines:RunsKept"] = "5" };
        var options = OptionsReader.Read<Pipelines.OrchestratorOptions>(new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection("Pipelines"), errors);
        Assert.Equal((2, 5), (options.Pools["quakes"], options.RunsKept));
        Assert.Equal("Pipelines:Pools:web", Assert.Single(errors).Key);
    }

    [Fact]
    public void Layers_lie_above_each_other_and_say_which_one_set_a_key()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.Combine("tarn.json"), """{ "Notes": { "Greeting": "file", "Size": 2, "Place": "file" } }""");
        var program = new ConfigurationManager { ["Notes:Greeting"] = "program", ["Notes:Every"] = "1m" };
        var layers = ConfigurationLayers.Build(
            program,
            folder.Path,
            new Dictionary<string, string> { ["TARN__NOTES__SIZE"] = "3", ["TARN__NOTES__PLACE"] = "environment", ["OTHER"] = "x" },
            new Dictionary<string, string?> { ["Notes:Place"] = "command" });
        Assert.Equal(("file", "3", "command", "1m"), (layers.Root["Notes:Greeting"], layers.Root["Notes:Size"], layers.Root["Notes:Place"], layers.Root["Notes:Every"]));
        Assert.Equal("environment TARN__NOTES__SIZE", layers.SourceOf("Notes:Size"));
        Assert.Equal("command line", layers.SourceOf("Notes:Place"));
        Assert.EndsWith("tarn.json", layers.SourceOf("Notes:Greeting"), StringComparison.Ordinal);
        Assert.Equal("program", layers.SourceOf("Notes:Every"));
        Assert.Null(layers.SourceOf("Notes:Nothing"));

        layers.Overrides["Notes:Place"] = "decided";
        layers.Root.Reload();
        Assert.Equal("decided", layers.Root["Notes:Place"]);
    }

    [Fact]
    public void A_tarn_json_that_does_not_read_is_named()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.Combine("tarn.json"), "{ nonsense");
        var error = Assert.Throws<TarnException>(() => ConfigurationLayers.Build(new ConfigurationManager(), folder.Path, new Dictionary<string, string>(), new Dictionary<string, string?>()));
        Assert.Contains(folder.Combine("tarn.json"), error.Message, StringComparison.Ordinal);
    }

    private static List<OptionError> Read(Dictionary<string, string?> values, out NotesOptions options)
    {
        var errors = new List<OptionError>();
        options = OptionsReader.Read<NotesOptions>(new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection("Notes"), errors);
        return errors;
    }
}
