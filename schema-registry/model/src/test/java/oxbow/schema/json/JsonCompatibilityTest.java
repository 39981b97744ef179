package oxbow.schema.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.schema.CompatibilityPolicy;
import oxbow.schema.Incompatibility;
import oxbow.schema.References;

class JsonCompatibilityTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // types
        "{'type':'string'} | {} |",
        "{} | {'type':'string'} | TYPE_CHANGED #/",
        "{'type':'string'} | {'type':'number'} | TYPE_CHANGED #/",
        "{'type':'integer'} | {'type':'number'} |",
        "{'type':'number'} | {'type':'integer'} | TYPE_NARROWED #/",
        "{'type':'string'} | {'type':['null','string']} |",
        "{'type':['null','string']} | {'type':'string'} | TYPE_CHANGED #/",
        "{'type':['null','string']} | {'type':['string']} | SUM_TYPE_NARROWED #/",
        "{'type':'string'} | false | TYPE_CHANGED #/",
        "false | {'type':'string'} |",
        "{'title':'a','description':'b','$id':'c','default':'d'} | {'title':'e'} |",
        // strings and numbers
        "{'type':'string','maxLength':5} | {'type':'string','maxLength':4} | MAX_LENGTH_DECREASED #/maxLength",
        "{'type':'string','maxLength':5} | {'type':'string'} |",
        "{'type':'string'} | {'type':'string','minLength':1} | MIN_LENGTH_ADDED #/minLength",
        "{'type':'string','minLength':2} | {'type':'string','minLength':1} |",
        "{'type':'string','pattern':'a'} | {'type':'string','pattern':'b'} | PATTERN_CHANGED #/pattern",
        "{'type':'string','format':'date'} | {'type':'string','format':'uuid'} |",
        "{'type':'number','maximum':10} | {'type':'number','maximum':9.5} | MAXIMUM_DECREASED #/maximum",
        "{'type':'number','minimum':1} | {'type':'number','minimum':1.0} |",
        "{'type':'number'} | {'type':'number','exclusiveMinimum':1} | EXCLUSIVE_MINIMUM_ADDED #/exclusiveMinimum",
        "{'type':'number','multipleOf':10} | {'type':'number','multipleOf':5} |",
        "{'type':'number','multipleOf':5} | {'type':'number','multipleOf':10} | MULTIPLE_OF_EXPANDED #/multipleOf",
        "{'type':'number','multipleOf':5} | {'type':'number','multipleOf':3} | MULTIPLE_OF_CHANGED #/multipleOf",
        // values
        "{'enum':['a']} | {'enum':['b','a']} |",
        "{'enum':['a','b']} | {'enum':['a']} | ENUM_ARRAY_NARROWED #/enum",
        "{'const':1} | {'const':2} | ENUM_ARRAY_CHANGED #/const",
        "{'type':'string','enum':['a']} | {'type':'string'} |",
        "{'type':'string'} | {'type':'string','enum':['a']} | TYPE_CHANGED #/",
        "{'not':{'type':'number'}} | {'not':{'type':'integer'}} |",
        "{'not':{'type':'integer'}} | {'not':{'type':'number'}} | NOT_TYPE_EXTENDED #/not",
        // objects: open, closed, partially open
        "{'properties':{'a':{'type':'string'}}} | {'properties':{'a':{'type':'string'},'b':{'type':'string'}}} | OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/b",
        "{'properties':{'a':{'type':'string'}}} | {'properties':{'a':{'type':'string'},'b':true}} |",
        "{'properties':{'a':{},'b':{'type':'string'}}} | {'properties':{'a':{}}} |",
        "{'properties':{'a':{}},'additionalProperties':false} | {'properties':{'a':{},'b':{'type':'string'}},'additionalProperties':false} |",
        "{'properties':{'a':{}},'additionalProperties':false} | {'properties':{'a':{},'b':{'type':'string'}},'required':['b'],'additionalProperties':false} | REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/b",
        "{'properties':{'a':{}},'additionalProperties':false} | {'properties':{'a':{},'b':{'type':'string','default':''}},'required':['b'],'additionalProperties':false} |",
        "{'properties':{'a':{},'b':{'type':'string'}},'additionalProperties':false} | {'properties':{'a':{}},'additionalProperties':false} | PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/b",
        "{'properties':{'a':{}},'additionalProperties':{'type':'string'}} | {'properties':{'a':{},'b':{'type':'string'}},'additionalProperties':{'type':'string'}} |",
        "{'properties':{'a':{},'b':{'type':'string'}},'additionalProperties':false} | {'properties':{'a':{}},'additionalProperties':{'type':'string'}} |",
        "{'properties':{'I_1':{'type':'integer'}},'additionalProperties':false} | {'patternProperties':{'^I_':{'type':'number'}},'additionalProperties':false} |",
        "{'additionalProperties':true} | {'additionalProperties':false} | ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties",
        "{'additionalProperties':true} | {'additionalProperties':{'type':'string'}} | ADDITIONAL_PROPERTIES_NARROWED #/additionalProperties",
        "{'additionalProperties':false} | {'additionalProperties':{'type':'string'}} |",
        "{'properties':{'a':{'type':'string'}}} | {'properties':{'a':{'type':'string'}},'required':['a']} | REQUIRED_ATTRIBUTE_ADDED #/required/a",
        "{'properties':{'a':{'type':'string'}}} | {'properties':{'a':{'type':'string','default':'x'}},'required':['a']} |",
        "{'maxProperties':2} | {'maxProperties':1} | MAX_PROPERTIES_DECREASED #/maxProperties",
        "{'dependencies':{'a':['b']}} | {'dependencies':{'a':['b','c']}} | DEPENDENCY_ARRAY_EXTENDED #/dependencies/a",
        "{'dependencies':{'a':{'type':'object'}}} | {'dependencies':{'a':{'type':'string'}}} | TYPE_CHANGED #/dependencies/a",
        // arrays
        "{'type':'array','items':{'type':'string'}} | {'type':'array','items':{'type':'number'}} | TYPE_CHANGED #/items",
        "{'type':'array'} | {'type':'array','items':{'type':'string'}} | SCHEMA_ADDED #/items",
        "{'type':'array','items':{'type':'string'}} | {'type':'array'} |",
        "{'type':'array','items':[{'type':'string'}]} | {'type':'array','items':[{'type':'string'},{'type':'string'}]} | ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/1",
        "{'type':'array','items':[{'type':'string'},{'type':'string'}],'additionalItems':false} | {'type':'array','items':[{'type':'string'}],'additionalItems':false} | ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL #/items/1",
        "{'type':'array','items':[{}],'additionalItems':false} | {'type':'array','items':[{},{'type':'string'}],'additionalItems':false} |",
        "{'type':'array'} | {'type':'array','uniqueItems':true} | UNIQUE_ITEMS_ADDED #/uniqueItems",
        // several at once
        "{'oneOf':[{'type':'string'}]} | {'oneOf':[{'type':'number'},{'type':'string'}]} |",
        "{'oneOf':[{'type':'string'},{'type':'number'}]} | {'oneOf':[{'type':'number'}]} | SUM_TYPE_NARROWED #/",
        "{'oneOf':[{'type':'string'}]} | {'oneOf':[{'type':'number'}]} | COMBINED_TYPE_SUBSCHEMAS_CHANGED #/",
        "{'allOf':[{'type':'string'},{'maxLength':3}]} | {'allOf':[{'type':'string'}]} |",
        "{'allOf':[{'type':'string'}]} | {'allOf':[{'type':'string'},{'maxLength':3}]} | PRODUCT_TYPE_EXTENDED #/",
        "{'oneOf':[{'type':'string'},{'type':'number'}]} | {'anyOf':[{'type':'number'},{'type':'string'}]} |",
        "{'anyOf':[{'type':'string'},{'type':'number'}]} | {'allOf':[{'type':'number'}]} | COMBINED_TYPE_CHANGED #/",
        "{'anyOf':[{'type':'integer'},{'type':'number'}]} | {'type':'number'} |",
        "{'anyOf':[{'type':'integer'},{'type':'number'}]} | {'anyOf':[{'type':'number'},{'type':'integer'}]} |",
        "{'if':{'type':'string'},'then':{'maxLength':3}} | {'if':{'type':'string'},'then':{'maxLength':2}} | MAX_LENGTH_DECREASED #/then/maxLength",
        "{'if':{'type':'string'},'then':{}} | {'if':{'type':'number'},'then':{}} | TYPE_CHANGED #/if",
        // references
        "{'type':'string'} | {'$ref':'#/definitions/s','definitions':{'s':{'type':'string'}}} |",
        "{'items':{'$ref':'#/definitions/s'},'definitions':{'s':{'type':'string'}}} | {'items':{'$ref':'#/definitions/s'},'definitions':{'s':{'type':'number'}}} | TYPE_CHANGED #/items",
      })
  void judgesAsClientsOfConfluentsRegistryExpect(
      String before, String after, @Nullable String broken) {
    String expected = broken == null ? "" : broken;

    List<Incompatibility> found = schema(after).whyCannotRead(schema(before));

    assertThat(found.stream().map(each -> each.rule() + " " + each.path()))
        .isEqualTo(expected.isEmpty() ? List.of() : List.of(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'properties':{}} | {'properties':{'b':{'type':'string'}}} |",
        "{'properties':{}} | {'properties':{'b':{'type':'string','default':''}},'required':['b']} |",
        "{'properties':{}} | {'properties':{'b':{'type':'string'}},'required':['b']} | REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/b",
        "{'properties':{}} | {'properties':{},'additionalProperties':false} |",
        "{'properties':{}} | {'properties':{},'additionalProperties':{'type':'string'}} |",
        "{'properties':{'a':{}},'additionalProperties':false} | {'properties':{},'additionalProperties':false} |",
        "{'properties':{'a':{'type':'string'}}} | {'properties':{'a':{'type':'number'}}} | TYPE_CHANGED #/properties/a",
        "{'items':[{'type':'string'}]} | {'items':[{'type':'string'},{'type':'string'}]} | ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/1",
        "{'allOf':[{'properties':{'a':{'type':'string'}}}]} | {'allOf':[{'properties':{'b':{'type':'string'}}}]} |",
      })
  void theLenientPolicyLetsPropertiesComeAndGo(
      String before, String after, @Nullable String broken) {
    List<Incompatibility> found =
        schema(after).whyCannotRead(schema(before), CompatibilityPolicy.LENIENT);

    assertThat(found.stream().map(each -> each.rule() + " " + each.path()))
        .isEqualTo(broken == null ? List.of() : List.of(broken));
  }

  @Test
  void tellsWhatBreaksInTheShapeThatClientsKnow() {
    var found =
        schema("{'type':'object','properties':{'a/b':{'type':'string'}}}")
            .whyCannotRead(schema("{'type':'object','properties':{'a/b':{'type':'number'}}}"));

    assertThat(found).hasSize(1);
    assertThat(found.getFirst().message("new", "old"))
        .isEqualTo(
            "{errorType:\"TYPE_CHANGED\", description:\"the types at '#/properties/a~1b' are different"
                + " in the new and the old schema\"}");
  }

  @Test
  void tellsOfAllThatBreaks() {
    var found =
        schema(
                "{'properties':{'a':{'type':'string'},'b':{'type':'array','maxItems':1}},'required':['b']}")
            .whyCannotRead(
                schema("{'properties':{'a':{'type':'number'},'b':{'type':'array','maxItems':2}}}"));

    assertThat(found.stream().map(Incompatibility::rule))
        .containsExactlyInAnyOrder(
            "TYPE_CHANGED", "MAX_ITEMS_DECREASED", "REQUIRED_ATTRIBUTE_ADDED");
  }

  @Test
  void recursiveSchemasEnd() {
    String tree =
        "{'$ref':'#/definitions/n','definitions':{'n':{'type':'object','additionalProperties':false,"
            + "'properties':{'v':{'type':'integer'},'next':{'$ref':'#/definitions/n'}}}}}";
    String wider = tree.replace("'integer'", "'number'");

    assertThat(schema(wider).whyCannotRead(schema(tree))).isEmpty();
    assertThat(schema(tree).whyCannotRead(schema(wider)).stream().map(Incompatibility::path))
        .containsExactly("#/properties/v");
  }

  @Test
  void arraysOfTheNewestDraftHaveTheirRulesUnderPrefixItems() {
    String draft = "'$schema':'https://json-schema.org/draft/2020-12/schema',";
    var before = schema("{" + draft + "'prefixItems':[{'type':'string'}],'items':false}");
    var after =
        schema("{" + draft + "'prefixItems':[{'type':'string'},{'type':'number'}],'items':false}");

    assertThat(after.whyCannotRead(before)).isEmpty();
    assertThat(before.whyCannotRead(after).stream().map(Incompatibility::rule))
        .containsExactly("ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL");
  }

  private static JsonSchema schema(String text) {
    return new JsonFormat().parseNew(text.replace('\'', '"'), References.NONE);
  }
}
