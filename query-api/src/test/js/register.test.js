import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasons } from '../js/pages/register.js';

test('of the registry\u2019s messages the reasons are shown, and others as they are', () => {
  assert.deepEqual(reasons([
    "{errorType:'X', description:'The field 'item' is missing', additionalInfo:'item'}",
    '{oldSchemaVersion: 3}', '{oldSchema: \'{"type":"record"}\'}', "{validateFields: 'false', compatibility: 'FULL'}",
    'Incompatible because of something else',
  ]), ["The field 'item' is missing", 'Incompatible because of something else']);
  assert.deepEqual(reasons(undefined), []);
});
