using Tarn.Serving;
using Xunit;

namespace Tarn.Tests;

/// <summary>What a variant means: a version that answers, one on its way, one that cannot be loaded, or none.</summary>
public sealed class VariantMeaningTests
{
    private static readonly VariantTarget Champion = VariantTarget.OfAlias("champion");

    [Fact]
    public void What_is_loaded_answers() => Assert.Equal(new VariantMeaning(3, "loaded"), Of(Champion, Model(("champion", 3), Version(3, VersionState.Available)), isCatchingUp: true));

    [Theory]
    [InlineData(VersionState.Start)]
    [InlineData(VersionState.Loading)]
    public void What_waits_or_is_being_loaded_is_on_its_way(VersionState state) => Assert.Equal(new VariantMeaning(3, "loading"), Of(Champion, Model(("champion", 3), Version(3, state))));

    [Fact]
    public void What_is_being_loaded_for_a_champion_to_be_is_on_its_way() =>
        Assert.Equal(new VariantMeaning(1, "loading"), Of(Champion, Model(null, Version(1, VersionState.Loading))));

    [Fact]
    public void Another_alias_that_the_model_does_not_have_means_nothing_meanwhile() =>
        Assert.Equal(new VariantMeaning(null, "none"), Of(VariantTarget.OfAlias("challenger"), Model(null, Version(1, VersionState.Loading))));

    [Fact]
    public void What_cannot_be_loaded_says_why() =>
        Assert.Equal(new VariantMeaning(3, "failed", "It is no model."), Of(Champion, Model(("champion", 3), Version(3, VersionState.End, "It is no model."))));

    [Theory]
    [InlineData(true, "loading")]
    [InlineData(false, "not_loaded")]
    public void A_version_that_only_the_registry_knows_is_on_its_way_while_changes_are_taken_in(bool isCatchingUp, string state)
    {
        Assert.Equal(new VariantMeaning(3, state), Of(Champion, null, registered: 3, isCatchingUp));
        Assert.Equal(new VariantMeaning(3, state), Of(VariantTarget.OfVersion(3), Model(("champion", 1), Version(1, VersionState.Available)), registered: null, isCatchingUp));
    }

    [Fact]
    public void A_target_without_a_version_means_nothing_whatever_is_taken_in() => Assert.Equal(new VariantMeaning(null, "none"), Of(Champion, null, isCatchingUp: true));

    [Theory]
    [InlineData(VersionState.Loading, null, "loading")]
    [InlineData(VersionState.End, "It is no model.", "failed")]
    public void An_alias_that_moved_has_the_version_that_answers_and_the_one_that_is_to_take_over(VersionState state, string? error, string expected)
    {
        var model = Model(("champion", 2), Version(2, VersionState.Available), Version(3, state, error)) with { Arriving = new Dictionary<string, long> { ["champion"] = 3 } };
        Assert.Equal(new VariantMeaning(2, "loaded", null, new NextVersionView(3, expected, error)), Of(Champion, model));
        Assert.Null(Of(VariantTarget.OfVersion(2), model).Next);
    }

    private static VariantMeaning Of(VariantTarget target, ModelSnapshot? model, long? registered = null, bool isCatchingUp = false) => VariantMeaning.Of(target, model, registered, isCatchingUp);

    private static ModelSnapshot Model((string Alias, long Version)? alias, params VersionSnapshot[] versions) => new(
        "half",
        versions,
        alias is { } named ? new Dictionary<string, long> { [named.Alias] = named.Version } : new Dictionary<string, long>(),
        versions.LastOrDefault(static v => v.State == VersionState.Available)?.Version);

    private static VersionSnapshot Version(long number, VersionState state, string? error = null) => new(number, state, error);
}
