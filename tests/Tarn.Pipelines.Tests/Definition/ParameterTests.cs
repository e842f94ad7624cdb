using System.Text.Json;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests.Definition;

public class ParameterTests : OrchestratorContract
{
    private static readonly PipelineDefinition Pipeline = PipelineWorld.Build("p", static p => p
        .Parameter("limit", 10, "How many at most", check: static n => n is < 1 or > 100 ? "it is 1 to 100" : null)
        .Parameter("colour", "red", choices: ["red", "green"])
        .RequiredParameter<string>("place")
        .Task("t", static () => { }));

    [Fact]
    public void What_is_not_given_has_its_default()
    {
        using var values = JsonDocument.Parse(Resolve("""{"place":"Yukon","limit":5}""")!);

        Assert.Equal((5, "red", "Yukon"), (values.RootElement.GetProperty("limit").GetInt32(), values.RootElement.GetProperty("colour").GetString(), values.RootElement.GetProperty("place").GetString()));
    }

    [Theory]
    [InlineData("""{}""", "'place' has no default and has to be given")]
    [InlineData("""{"place":"x","limit":0}""", "'limit' is 0; it is 1 to 100")]
    [InlineData("""{"place":"x","limit":"many"}""", "'limit' is \"many\"; it has to be of the schema")]
    [InlineData("""{"place":"x","limit":null}""", "'limit' is null")]
    [InlineData("""{"place":"x","limit":1.5}""", "'limit' is 1.5")]
    [InlineData("""{"place":"x","colour":"blue"}""", "'colour' is \"blue\"; it is one of [\"red\",\"green\"]")]
    [InlineData("""{"place":"x","size":1}""", "'size' is no parameter; there are: limit, colour, place")]
    [InlineData("""[1]""", "a JSON object")]
    public void A_value_that_breaks_a_rule_is_named_with_the_rule(string given, string message)
    {
        var error = Assert.Throws<TarnException>(() => Resolve(given));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void All_errors_are_told_at_once()
    {
        var message = Assert.Throws<TarnException>(() => Resolve("""{"limit":101,"colour":"blue","other":1}""")).Message;

        Assert.Contains("4 error(s)", message);
        Assert.All(["'limit' is 101", "'colour' is", "'place' has no default", "'other' is no parameter"], part => Assert.Contains(part, message));
    }

    [Fact]
    public void A_pipeline_without_parameters_takes_none()
    {
        using var given = JsonDocument.Parse("""{"x":1}""");
        Assert.Null(ParameterDefinition.Resolve([], null, "p"));
        Assert.Contains("the pipeline has none", Assert.Throws<TarnException>(() => ParameterDefinition.Resolve([], given.RootElement, "p")).Message);
    }

    [Fact]
    public void The_schema_has_type_default_description_and_choices()
    {
        var (limit, colour, place) = (Pipeline.Parameters[0].Schema, Pipeline.Parameters[1].Schema, Pipeline.Parameters[2].Schema);

        Assert.Equal(("integer", 10, "How many at most"), (limit["type"]!.ToString(), (int)limit["default"]!, (string)limit["description"]!));
        Assert.Equal("""["red","green"]""", colour["enum"]!.ToJsonString());
        Assert.Null(place["default"]);
        Assert.True(Pipeline.Parameters[2].IsRequired);
    }

    [Fact]
    public void A_default_that_breaks_its_own_rule_is_an_error_of_the_definition()
    {
        var message = Assert.Throws<TarnException>(static () => PipelineWorld.Build("p", static p => p
            .Parameter("n", 0, check: static n => n < 1 ? "it is at least 1" : null)
            .Parameter("colour", "blue", choices: ["red"])
            .Task("t", static () => { }))).Message;

        Assert.Contains("the default is not allowed: the parameter 'n' is 0; it is at least 1", message);
        Assert.Contains("the default is not allowed: the parameter 'colour'", message);
    }

    [Fact]
    public void Tasks_get_the_values_of_their_run()
    {
        using var world = NewWorld();
        var seen = new List<(int, string?)>();
        world.Start("p", p => p.Parameter("limit", 10).Parameter<string?>("place", null)
            .Task("t", ([Parameter] int limit, [Parameter("place")] string? where) => seen.Add((limit, where))));
        using var given = JsonDocument.Parse("""{"limit":3,"place":"Yukon"}""");

        world.Run("p");
        world.Finish(world.Await(() => world.Orchestrator.TriggerAsync("p", null, given.RootElement)).Id);

        Assert.Equal([(10, null), (3, "Yukon")], seen);
    }

    private static string? Resolve(string json)
    {
        using var given = JsonDocument.Parse(json);
        return ParameterDefinition.Resolve(Pipeline.Parameters, given.RootElement, "p");
    }
}
